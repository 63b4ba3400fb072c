"""The row of a draw is given another seed."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "store", "sampling"


def attack(world: World) -> None:
    world.sample()
    world.sql("UPDATE sampling SET body = CAST(replace(body, 'the second', 'the better') AS BLOB) WHERE name = 'S2'")
