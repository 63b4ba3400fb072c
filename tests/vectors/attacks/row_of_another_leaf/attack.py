"""A row points to the leaf of another artifact."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "2", "log"


def attack(world: World) -> None:
    world.sql("UPDATE artifact SET leaf = 77 WHERE id = ?", world.artifacts[3])
    world.sql("UPDATE artifact SET leaf = ? WHERE id = ?", 3, world.artifacts[2])
