"""The statement says more records, and whoever changed it has the signing key but not the log's past."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "store", "envelopes"


def attack(world: World) -> None:
    statement = world.statement(2)
    statement["predicate"]["records"] = 3
    world.write(world.envelope_of(2), world.seal(statement))
