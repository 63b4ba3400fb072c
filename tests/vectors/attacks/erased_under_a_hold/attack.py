"""A scope was erased, and a hold covered it."""

from __future__ import annotations

from agent.store.acts import keep_pending
from tests.verify.world import World

SUBJECT, STEP = "store", "retention"


def attack(world: World) -> None:
    number = world.encrypt(["x"])
    with world.agent() as store:
        store.hold(world.artifacts[number], "the case of 2026", "Ada")
        keep_pending(store.catalog, "erase", {"type": "erasure", "scope": "prod", "key": "", "artifacts": 1,
                                              "reason": "asked for", "by": "Bob"})
        store.drain()
        store.finish_erasures()
