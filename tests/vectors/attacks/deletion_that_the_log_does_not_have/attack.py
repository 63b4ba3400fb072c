"""The catalog says that an object was deleted under retention, the log does not."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "store", "catalog"
SAYS = "deleted"


def attack(world: World) -> None:
    world.sql("UPDATE artifact SET deleted_at = 1800000000000000 WHERE id = ?", world.artifacts[2])
