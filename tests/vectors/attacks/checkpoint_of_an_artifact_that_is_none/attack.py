"""The head of the log is no signed note, where one artifact alone is verified."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "0", "checkpoint"
SAYS = "is no signed note of a log"


def attack(world: World) -> None:
    world.write("log/checkpoint", b"nothing")
