"""A bit of the compressed object flipped."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "store", "objects"
SAYS = "is damaged"


def attack(world: World) -> None:
    file = world.object_of(2)
    data = file.read_bytes()
    world.write(file, data[:20] + bytes([data[20] ^ 4]) + data[21:])
