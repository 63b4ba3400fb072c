"""An object is gone."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "store", "objects"


def attack(world: World) -> None:
    world.object_of(3).unlink()
