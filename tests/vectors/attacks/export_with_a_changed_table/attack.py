"""The CSV of the export says otherwise than the records."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "export", "table"


def attack(world: World) -> None:
    file = world.export / "records.csv"
    file.write_bytes(file.read_bytes().replace(b"a-1", b"a-9"))
    world.sums()
