"""An artifact that was voided is made valid in the catalog."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "store", "catalog"


def attack(world: World) -> None:
    world.sql("UPDATE artifact SET voided_at = NULL, void_reason = '', voided_by = '' WHERE voided_at IS NOT NULL")
