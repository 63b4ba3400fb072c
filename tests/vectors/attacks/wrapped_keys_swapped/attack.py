"""The wrapped data keys of two scopes change places."""

from __future__ import annotations

from agent import canonical
from tests.verify.world import World

SUBJECT, STEP = "store", "objects"


def attack(world: World) -> None:
    world.encrypt(["x"])
    world.encrypt(["y"], scope="test")
    said = canonical.loads(world.data_keys.read_bytes())
    first, second = said["keys"]
    first["wrapped"], second["wrapped"] = second["wrapped"], first["wrapped"]
    world.data_keys.write_bytes(canonical.document(said))
