"""The CSV of the export has a row less than there are records."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "export", "table"


def attack(world: World) -> None:
    file = world.export / "records.csv"
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:-1]))
    world.sums()
