"""The store is put back, and a witness has seen that it was longer."""

from __future__ import annotations

from tests.vectors.attacks.rolled_back_log.attack import roll_back
from tests.verify.world import World

SUBJECT, STEP = "store", "cosignatures"


def attack(world: World) -> None:
    world.cosign()
    roll_back(world, 5)
    world.nothing_outside()
