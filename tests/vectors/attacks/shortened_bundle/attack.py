"""The last entry is cut off the log's files."""

from __future__ import annotations

from agent.seal.tiles import bundle
from tests.verify.world import World

SUBJECT, STEP = "store", "log"


def attack(world: World) -> None:
    path = f"log/tile/entries/000.p/{world.size}"
    world.write(path, bundle([one.write() for one in world.entries()][:-1]))
