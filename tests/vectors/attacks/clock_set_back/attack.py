"""The machine's clock is set back by a day and a run is collected: it looks older than it is."""

from __future__ import annotations

from datetime import timedelta

from tests.verify.world import START, World, fill

SUBJECT, STEP = "store", "clock"


def attack(world: World) -> None:
    place = world.place
    place.now = START + timedelta(hours=-24)
    with place.open() as store:
        world.artifacts += fill(store, place, ["g"])
