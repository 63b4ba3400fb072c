"""The same, where one artifact alone is verified."""

from __future__ import annotations

from tests.verify.world import World, squeeze, unsqueeze

SUBJECT, STEP = "2", "object"


def attack(world: World) -> None:
    file = world.object_of(2)
    data = unsqueeze(file.read_bytes())
    world.write(file, squeeze(data.replace(b"c-1", b"c-9", 1)))
