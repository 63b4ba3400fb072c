"""A row for a run that the log does not have, with a good envelope and object."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "5", "log"


def attack(world: World) -> None:
    world.nothing_outside()
    world.relog(world.entries()[:6])
