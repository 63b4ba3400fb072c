"""The second draw is logged under the name of the first, with the signing key: one of them is not listed."""

from __future__ import annotations

from dataclasses import replace

from agent.seal import SamplingEntry
from tests.verify.world import World

SUBJECT, STEP = "store", "sampling"


def attack(world: World) -> None:
    world.sample()
    first = next(one for one in world.entries() if isinstance(one, SamplingEntry) and one.name == "S1")
    world.relog([replace(one, name=first.name) if isinstance(one, SamplingEntry) and one.name == "S2" else one
                 for one in world.entries()])
    world.sql("UPDATE sampling SET name = 'S1' WHERE name = 'S2'")
