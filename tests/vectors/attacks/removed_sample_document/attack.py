"""The kept document of a draw is gone."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "store", "sampling"


def attack(world: World) -> None:
    world.sample()
    world.document_of("the second").unlink()
