"""The consistency proof links other checkpoints."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "export", "kept checkpoint"


def attack(world: World) -> None:
    file = world.export / "consistency.txt"
    file.write_bytes(file.read_bytes().replace(b"\n4\n", b"\n5\n", 1))
    world.sums()
