"""A hold is taken out of the catalog."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "store", "catalog"


def attack(world: World) -> None:
    with world.agent() as store:
        store.hold(world.artifacts[3], "the case of 2026", "Ada")
    world.sql("DELETE FROM act")
