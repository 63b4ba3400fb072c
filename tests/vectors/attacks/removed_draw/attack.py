"""A draw that did not please is taken out of the catalog: nobody shall learn of its seed."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "store", "sampling"


def attack(world: World) -> None:
    world.sample()
    world.sql("DELETE FROM sampling WHERE name = 'S2'")
