"""The CSV of the export is no table."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "export", "table"
SAYS = "cannot be compared"


def attack(world: World) -> None:
    (world.export / "records.csv").write_bytes(b"id\r\n\xff\xfe\r\n")
    world.sums()
