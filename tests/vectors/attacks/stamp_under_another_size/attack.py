"""A stamped checkpoint is put where a longer one should lie."""

from __future__ import annotations

import shutil

from tests.verify.world import World

SUBJECT, STEP = "store", "time stamps"


def attack(world: World) -> None:
    shutil.copytree(world.stamps(3), world.stamps(6))
