"""The log says that a scope was erased, and its data key and one of its objects were brought back."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "6", "object"


def attack(world: World) -> None:
    number = world.encrypt(["x"])
    assert str(number) == SUBJECT
    kept = world.data_keys.read_bytes()
    world.erase("prod")
    world.data_keys.write_bytes(kept)
