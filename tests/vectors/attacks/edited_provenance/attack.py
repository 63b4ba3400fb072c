"""The statement says more records; the signature and the catalog's row are left or made to fit."""

from __future__ import annotations

import base64

from agent import canonical
from tests.verify.world import World

SUBJECT, STEP = "store", "envelopes"


def attack(world: World) -> None:
    envelope = canonical.loads(world.envelope_of(2).read_bytes())
    statement = world.statement(2)
    statement["predicate"]["records"] = 3
    envelope["payload"] = base64.b64encode(canonical.document(statement)).decode()
    world.write(world.envelope_of(2), canonical.document(envelope))
    world.sql("UPDATE artifact SET records = 3 WHERE id = ?", world.artifacts[2])
