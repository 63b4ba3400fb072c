"""Who looked at an artifact is told otherwise in the catalog."""

from __future__ import annotations

from tests.verify.world import World, looked

SUBJECT, STEP = "store", "catalog"


def attack(world: World) -> None:
    looked(world)
    world.sql("UPDATE access SET who = 'nobody'")
