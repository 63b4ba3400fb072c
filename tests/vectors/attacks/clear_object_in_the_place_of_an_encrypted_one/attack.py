"""The records lie there in the clear, where the seal says that they are encrypted."""

from __future__ import annotations

from tests.verify.world import World, squeeze

SUBJECT, STEP = "store", "objects"


def attack(world: World) -> None:
    number = world.encrypt(["x"])
    with world.agent() as store:
        clear = b"".join(store.open_artifact(world.artifacts[number]).chunks())
    world.write(world.object_of(number), squeeze(clear))
