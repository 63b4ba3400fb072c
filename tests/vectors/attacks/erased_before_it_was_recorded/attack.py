"""An object is gone with its key, and its scope was erased before it was recorded."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "store", "objects"


def attack(world: World) -> None:
    world.encrypt(["x"])
    world.erase("prod")
    number = world.encrypt(["y"])
    world.object_of(number).unlink()
    world.data_keys.unlink()
