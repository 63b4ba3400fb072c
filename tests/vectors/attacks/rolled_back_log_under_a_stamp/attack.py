"""The store is put back, and a time stamp tells that it was longer."""

from __future__ import annotations

from tests.vectors.attacks.rolled_back_log.attack import roll_back
from tests.verify.world import World

SUBJECT, STEP = "store", "time stamps"


def attack(world: World) -> None:
    roll_back(world, 5)
    world.kept = False
