"""A row is gone from the catalog."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "store", "catalog"


def attack(world: World) -> None:
    world.sql("DELETE FROM artifact WHERE id = ?", world.artifacts[2])
