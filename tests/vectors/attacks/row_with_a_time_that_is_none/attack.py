"""The catalog holds a text where a time is to be: it cannot be read, and that is a refusal, no crash."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "store", "catalog"
SAYS = "a time that is none"


def attack(world: World) -> None:
    world.sql("UPDATE artifact SET finished_at = 'yesterday' WHERE id = ?", world.artifacts[2])
