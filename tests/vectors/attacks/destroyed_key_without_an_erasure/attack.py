"""A data key is gone, and no entry of the log says why."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "store", "objects"


def attack(world: World) -> None:
    world.encrypt(["x"])
    world.data_keys.unlink()
