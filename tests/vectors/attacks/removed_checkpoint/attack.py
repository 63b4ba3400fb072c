"""The head of the log is gone."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "store", "checkpoint"
SAYS = "there is no checkpoint"


def attack(world: World) -> None:
    world.file("log/checkpoint").unlink()
