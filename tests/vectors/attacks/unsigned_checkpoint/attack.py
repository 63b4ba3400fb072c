"""A checkpoint with the signature cut off."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "store", "checkpoint"


def attack(world: World) -> None:
    note = world.file("log/checkpoint").read_bytes()
    world.write("log/checkpoint", note[: note.index(b"\n\n") + 2])
