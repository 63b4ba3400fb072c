"""An object is deleted past its retention, and a hold covered it."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "store", "retention"


def attack(world: World) -> None:
    with world.agent(days=400) as store:
        store.hold(world.artifacts[3], "the case of 2026", "Ada")
        store.delete([(store.artifact(world.artifacts[3]).path, "P1Y")], "cron")
