"""Records are appended to what was sealed."""

from __future__ import annotations

from tests.verify.world import World, squeeze, unsqueeze

SUBJECT, STEP = "store", "objects"


def attack(world: World) -> None:
    file = world.object_of(2)
    world.write(file, squeeze(unsqueeze(file.read_bytes()) + b"{}"))
