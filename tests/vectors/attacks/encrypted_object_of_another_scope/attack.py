"""An object is replaced by the same records, encrypted for another scope: an erasure would not reach them."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "store", "objects"


def attack(world: World) -> None:
    mine, other = world.encrypt(["x"]), world.encrypt(["x"], scope="test")
    world.write(world.object_of(mine), world.object_of(other).read_bytes())
