"""The log names another object than the envelope."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "store", "envelopes"


def attack(world: World) -> None:
    world.nothing_outside()
    world.replace_entry(2, object="0" * 64)
