"""The same, where that artifact alone is verified."""

from __future__ import annotations

from tests.vectors.attacks.stamped_before_it_was_recorded.attack import attack as ahead
from tests.verify.world import World

SUBJECT, STEP = "6", "clock"


def attack(world: World) -> None:
    ahead(world)
