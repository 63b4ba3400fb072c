"""The same, where one artifact alone is verified."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "5", "clock"


def attack(world: World) -> None:
    world.cosign(hours=-1)
