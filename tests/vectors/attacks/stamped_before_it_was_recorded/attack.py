"""The clock ran years ahead: the time stamp is older than what it is on."""

from __future__ import annotations

from tests.verify.world import START, World, fill, stamp

SUBJECT, STEP = "store", "clock"


def attack(world: World) -> None:
    place = world.place
    place.now = START.replace(year=2099)
    place.options["stamped"] = True
    with place.open() as store:
        world.artifacts += fill(store, place, ["g"])
        stamp(store, world.authority)
