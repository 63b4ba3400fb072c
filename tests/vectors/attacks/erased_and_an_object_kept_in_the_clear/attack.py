"""The log says that a scope was erased, and an object of it was brought back that was never encrypted."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "store", "retention"


def attack(world: World) -> None:
    file = world.object_of(3)
    kept = file.read_bytes()
    world.erase("prod")
    world.write(file, kept)
