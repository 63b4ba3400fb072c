"""The same, where that artifact alone is verified."""

from __future__ import annotations

from tests.vectors.attacks.clock_set_back.attack import attack as set_back
from tests.verify.world import World

SUBJECT, STEP = "6", "clock"


def attack(world: World) -> None:
    set_back(world)
