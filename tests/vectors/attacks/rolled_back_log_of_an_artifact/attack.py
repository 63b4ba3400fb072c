"""The same, where one artifact alone is verified."""

from __future__ import annotations

import shutil

from tests.vectors.attacks.rolled_back_log.attack import roll_back
from tests.verify.world import World

SUBJECT, STEP = "0", "kept checkpoint"
SAYS = "does not reach"


def attack(world: World) -> None:
    roll_back(world, 3)
    shutil.rmtree(world.file("log/timestamps"))
