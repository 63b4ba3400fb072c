"""Two chunks of an encrypted object change places."""

from __future__ import annotations

from agent.cipher import CHUNK, HEADER, TAG
from tests.verify.world import World, many

SUBJECT, STEP = "store", "objects"


def attack(world: World) -> None:
    file = world.object_of(world.encrypt(many()))
    data, size = file.read_bytes(), CHUNK + TAG
    first, second = data[HEADER:HEADER + size], data[HEADER + size:HEADER + 2 * size]
    world.write(file, data[:HEADER] + second + first + data[HEADER + 2 * size:])
