"""The entry of an artifact says that it stands elsewhere."""

from __future__ import annotations

from dataclasses import replace

from tests.verify.world import World

SUBJECT, STEP = "2", "log"


def attack(world: World) -> None:
    world.nothing_outside()
    entries = world.entries()
    entries[2] = replace(entries[2], index=3)
    world.relog(entries)
