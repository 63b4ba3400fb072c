"""The log names an envelope that is not of the artifact it names."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "store", "envelopes"


def attack(world: World) -> None:
    world.nothing_outside()
    statement = world.statement(2)
    statement["predicate"]["records"] = 3
    world.reseal(2, world.seal(statement))
    world.sql("UPDATE artifact SET records = 3 WHERE id = ?", world.artifacts[2])
