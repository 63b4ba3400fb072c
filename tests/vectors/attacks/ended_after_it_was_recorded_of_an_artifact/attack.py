"""The same, where that artifact alone is verified."""

from __future__ import annotations

from tests.vectors.attacks.ended_after_it_was_recorded.attack import attack as disagree
from tests.verify.world import World

SUBJECT, STEP = "6", "clock"


def attack(world: World) -> None:
    disagree(world)
