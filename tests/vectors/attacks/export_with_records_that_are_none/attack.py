"""The CSV is right in itself, and what lies beside it holds no records."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "export", "table"
SAYS = "cannot be compared"


def attack(world: World) -> None:
    (world.export / "records.ndjson").write_bytes(b"{}\n{}\n")
    world.sums()
