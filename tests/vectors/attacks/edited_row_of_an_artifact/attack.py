"""The same, where one artifact alone is verified."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "2", "row"


def attack(world: World) -> None:
    world.sql("UPDATE artifact SET outcome = 'failed' WHERE id = ?", world.artifacts[2])
