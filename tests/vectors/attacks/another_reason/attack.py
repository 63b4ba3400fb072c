"""Why an artifact was voided is told otherwise in the catalog."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "store", "catalog"


def attack(world: World) -> None:
    world.sql("UPDATE artifact SET void_reason = 'a typing error' WHERE voided_at IS NOT NULL")
