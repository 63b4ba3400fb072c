"""The envelope in the export is that of another artifact."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "export", "envelope"


def attack(world: World) -> None:
    (world.export / "envelope.json").write_bytes(world.envelope_of(3).read_bytes())
    world.sums()
