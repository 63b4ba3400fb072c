"""The key signs a batch of the access log that is said to hold more accesses than it does."""

from __future__ import annotations

from dataclasses import replace

from agent.seal import CustodyEntry
from tests.verify.world import World, looked

SUBJECT, STEP = "store", "access log"
SAYS = "the log says 2"


def attack(world: World) -> None:
    looked(world)
    world.relog([replace(one, count=2) if isinstance(one, CustodyEntry) else one for one in world.entries()])
