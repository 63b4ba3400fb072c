"""The head of the log is gone, where one artifact alone is verified."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "0", "checkpoint"
SAYS = "There is no checkpoint"


def attack(world: World) -> None:
    world.file("log/checkpoint").unlink()
