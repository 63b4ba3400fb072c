"""An object is gone, and the catalog says of it that its scope was erased, which was another."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "6", "object"


def attack(world: World) -> None:
    number = world.encrypt(["x"])
    assert str(number) == SUBJECT
    world.encrypt(["y"], scope="test")
    world.erase("test")
    world.object_of(number).unlink()
    world.sql("UPDATE act SET subject = 'scope:prod' WHERE kind = 'erasure'")
