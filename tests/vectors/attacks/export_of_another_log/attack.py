"""The export's log and the kept checkpoint are of two forks, and the proof between them is none."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "export", "kept checkpoint"


def attack(world: World) -> None:
    world.replace_entry(3, object="0" * 64)
    world.relog(world.entries()[:4])
    (world.root / "kept").write_bytes(world.file("log/checkpoint").read_bytes())
    world.sums()
