"""The log was made anew so that an entry looks older than the one before it."""

from __future__ import annotations

from datetime import timedelta

from tests.verify.world import START, World

SUBJECT, STEP = "store", "clock"


def attack(world: World) -> None:
    world.nothing_outside()
    at = START + timedelta(minutes=5)
    world.replace_entry(5, recorded_at=at - timedelta(minutes=1, seconds=1))
    micros = int(at.timestamp() - 61) * 1_000_000
    world.sql("UPDATE artifact SET recorded_at = ? WHERE id = ?", micros, world.artifacts[5])
