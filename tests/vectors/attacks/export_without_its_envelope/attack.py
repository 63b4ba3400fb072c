"""The envelope was taken out of the export."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "export", "envelope"
SAYS = "cannot be read"


def attack(world: World) -> None:
    (world.export / "envelope.json").unlink()
    world.sums()
