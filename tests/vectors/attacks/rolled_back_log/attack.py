"""The store is put back to an earlier state of itself, sound and signed."""

from __future__ import annotations

import shutil

from tests.verify.world import World

SUBJECT, STEP = "store", "kept checkpoint"


def attack(world: World) -> None:
    roll_back(world, 3)
    shutil.rmtree(world.file("log/timestamps"))


def roll_back(world: World, size: int) -> None:
    """Take away everything after the first entries, as a restored backup would."""
    entries = world.entries()
    for number, artifact in enumerate(world.artifacts):
        if all(getattr(one, "artifact", "") != artifact for one in entries[:size]):
            world.object_of(number).unlink()
            world.envelope_of(number).unlink()
    world.sql("DELETE FROM artifact WHERE leaf >= ?", size)
    world.sql("UPDATE artifact SET voided_at = NULL, void_reason = '', voided_by = ''")
    world.relog(entries[:size])
