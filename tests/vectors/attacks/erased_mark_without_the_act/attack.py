"""An object is gone with its key, and the catalog alone says that its scope was erased."""

from __future__ import annotations

from datetime import timedelta

from agent.store.types import EPOCH
from tests.verify.world import START, World

SUBJECT, STEP = "store", "objects"


def attack(world: World) -> None:
    number = world.encrypt(["x"])
    world.object_of(number).unlink()
    world.data_keys.unlink()
    at = (START + timedelta(hours=1) - EPOCH) // timedelta(microseconds=1)
    world.sql("UPDATE artifact SET deleted_at = ? WHERE id = ?", at, world.artifacts[number])
    world.sql('INSERT INTO act (leaf, kind, subject, name, "by", reason, recorded_at, done) VALUES '
              "(?, 'erasure', 'scope:prod', '', 'Ada', 'asked for', ?, 1)", world.size, at)
