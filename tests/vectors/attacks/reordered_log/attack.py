"""Two entries changed places."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "store", "log"


def attack(world: World) -> None:
    world.nothing_outside()
    entries = world.entries()
    world.relog([*entries[:2], entries[3], entries[2], *entries[4:]])
