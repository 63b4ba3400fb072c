"""A row bears the id of an artifact that never was."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "store", "catalog"


def attack(world: World) -> None:
    world.sql("UPDATE artifact SET id = 'sha256:00' WHERE id = ?", world.artifacts[2])
