"""The auditor kept a checkpoint, and nothing links the export to it."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "export", "kept checkpoint"
SAYS = "does not link"


def attack(world: World) -> None:
    (world.export / "consistency.txt").unlink()
    world.sums()
