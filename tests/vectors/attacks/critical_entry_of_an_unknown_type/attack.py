"""A later version wrote an entry that takes an artifact back, marked as one that nobody may pass over."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "store", "log"


def attack(world: World) -> None:
    world.nothing_outside()
    world.relog([*world.entries(), world.later("revocation", critical=True)])
