"""An object is gone, and the catalog says of it that it was deleted with another."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "3", "object"


def attack(world: World) -> None:
    with world.agent(days=400) as store:
        other = store.artifact(world.artifacts[4])
        store.delete([(other.path, "P1Y")], "cron")
        row = store.artifact(world.artifacts[3])
        store.objects.delete(row.path)
    world.sql("UPDATE act SET subject = ? WHERE kind = 'deletion'", row.path)
