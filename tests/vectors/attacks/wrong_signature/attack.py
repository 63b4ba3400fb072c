"""An envelope whose signature is over something else, in a log that was made to fit."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "store", "envelopes"


def attack(world: World) -> None:
    world.nothing_outside()
    world.reseal(2, world.unsigned(world.envelope_of(2).read_bytes()))
