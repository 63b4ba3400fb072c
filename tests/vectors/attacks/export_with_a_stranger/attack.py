"""A file lies in the export that was not exported."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "export", "sums"


def attack(world: World) -> None:
    (world.export / "approved-by-the-board.txt").write_text("Yes.")
