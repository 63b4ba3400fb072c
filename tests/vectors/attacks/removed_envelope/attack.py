"""An envelope is gone."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "store", "envelopes"


def attack(world: World) -> None:
    world.envelope_of(3).unlink()
