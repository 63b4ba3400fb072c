"""A failed run is made a success in the catalog."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "store", "catalog"


def attack(world: World) -> None:
    world.sql("UPDATE artifact SET outcome = 'failed' WHERE id = ?", world.artifacts[2])
