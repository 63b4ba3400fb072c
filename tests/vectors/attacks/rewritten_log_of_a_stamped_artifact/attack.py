"""The same, where one artifact alone is verified and the stamps are of the log before."""

from __future__ import annotations

from tests.vectors.attacks.rewritten_log.attack import without
from tests.verify.world import World

SUBJECT, STEP = "3", "time stamps"


def attack(world: World) -> None:
    without(world)
    world.kept = False
