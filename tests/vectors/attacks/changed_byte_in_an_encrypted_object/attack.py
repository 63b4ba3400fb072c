"""A byte of the ciphertext is changed."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "store", "objects"


def attack(world: World) -> None:
    file = world.object_of(world.encrypt(["x"]))
    data = bytearray(file.read_bytes())
    data[-20] ^= 1
    world.write(file, bytes(data))
