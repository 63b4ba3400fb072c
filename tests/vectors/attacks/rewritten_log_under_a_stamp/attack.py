"""The log was made anew without an artifact; the time stamp left is of the one before."""

from __future__ import annotations

import shutil

from tests.vectors.attacks.rewritten_log.attack import without
from tests.verify.world import World

SUBJECT, STEP = "store", "time stamps"


def attack(world: World) -> None:
    without(world)
    shutil.rmtree(world.stamps(7))
    world.kept = False
