"""An encrypted object ends with an earlier chunk, whole as that is."""

from __future__ import annotations

from agent.cipher import CHUNK, HEADER, TAG
from tests.verify.world import World, many

SUBJECT, STEP = "store", "objects"


def attack(world: World) -> None:
    file = world.object_of(world.encrypt(many()))
    data = file.read_bytes()
    assert len(data) > HEADER + 2 * (CHUNK + TAG)
    world.write(file, data[:HEADER + 2 * (CHUNK + TAG)])
