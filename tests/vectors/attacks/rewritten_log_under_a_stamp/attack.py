"""The log was made anew without an artifact; the time stamps are of the one before."""

from __future__ import annotations

from tests.vectors.attacks.rewritten_log.attack import without
from tests.verify.world import World

SUBJECT, STEP = "store", "time stamps"


def attack(world: World) -> None:
    without(world)
    world.kept = False
