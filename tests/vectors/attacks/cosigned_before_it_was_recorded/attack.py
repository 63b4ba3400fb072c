"""The clock ran ahead: a witness saw a checkpoint before its last leaf says it was recorded."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "store", "clock"


def attack(world: World) -> None:
    world.cosign(hours=-1)
