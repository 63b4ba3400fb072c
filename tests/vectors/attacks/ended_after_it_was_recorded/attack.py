"""A run claims to have ended after it was recorded: its clock and the log's disagree."""

from __future__ import annotations

from datetime import timedelta

from tests.fixtures.store import keep, record
from tests.verify.world import START, World

SUBJECT, STEP = "store", "clock"


def attack(world: World) -> None:
    place = world.place
    place.now = START + timedelta(hours=1)
    with place.open() as store:
        world.artifacts.append(keep(store, ["g"], started_at=START + timedelta(hours=2)))
        record(store)
