"""A batch of the access log is gone."""

from __future__ import annotations

from tests.verify.world import World, looked

SUBJECT, STEP = "store", "access log"


def attack(world: World) -> None:
    looked(world)
    (document,) = (world.data / "artifacts" / "custody").glob("*/*.json")
    document.unlink()
