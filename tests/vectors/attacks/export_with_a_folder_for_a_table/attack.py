"""A folder lies where the CSV of the export is to be."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "export", "table"
SAYS = "cannot be compared"


def attack(world: World) -> None:
    (world.export / "records.csv").unlink()
    (world.export / "records.csv").mkdir()
