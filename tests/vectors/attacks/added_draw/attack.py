"""A draw stands in the catalog that was never logged."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "store", "sampling"


def attack(world: World) -> None:
    world.sample()
    world.sql("INSERT INTO sampling SELECT leaf + 90, step, 'S3', document, body, recorded_at FROM sampling "
              "WHERE name = 'S2'")
