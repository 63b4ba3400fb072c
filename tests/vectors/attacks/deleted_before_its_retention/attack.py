"""An object is deleted before its retention was over."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "store", "retention"


def attack(world: World) -> None:
    with world.agent(days=300) as store:
        store.delete([(store.artifact(world.artifacts[3]).path, "P1Y")], "cron")
