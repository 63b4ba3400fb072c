"""A hash tile, from which others make proofs, holds another hash."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "store", "log"


def attack(world: World) -> None:
    path = f"log/tile/0/000.p/{world.size}"
    world.write(path, world.file(path).read_bytes()[:-1] + b"!")
