"""The log says that a scope was erased, and its data key was brought back."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "store", "retention"


def attack(world: World) -> None:
    world.encrypt(["x"])
    kept = world.data_keys.read_bytes()
    world.erase("prod")
    world.data_keys.write_bytes(kept)
