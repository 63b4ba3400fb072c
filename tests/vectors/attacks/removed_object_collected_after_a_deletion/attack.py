"""An object that was deleted and collected anew is taken away again."""

from __future__ import annotations

from datetime import timedelta

from tests.fixtures.store import START, keep, record
from tests.verify.world import World

SUBJECT, STEP = "store", "objects"


def attack(world: World) -> None:
    with world.agent(days=400) as store:
        path = store.artifact(world.artifacts[3]).path
        store.delete([(path, "P1Y")], "cron")
        keep(store, ["d-1", "d-2"], started_at=START + timedelta(days=400))
        record(store)
        assert store.objects.size(path) is not None
        store.objects.delete(path)
