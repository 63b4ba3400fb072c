"""The records were taken out of the export."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "export", "object"
SAYS = "cannot be read"


def attack(world: World) -> None:
    (world.export / "records.ndjson").unlink()
    world.sums()
