"""An envelope without a signature, in a log that was made to fit."""

from __future__ import annotations

from agent import canonical
from tests.verify.world import World

SUBJECT, STEP = "store", "envelopes"


def attack(world: World) -> None:
    world.nothing_outside()
    envelope = canonical.loads(world.envelope_of(2).read_bytes())
    world.reseal(2, canonical.document({**envelope, "signatures": []}))
