"""The export's checkpoint is signed by a key that was no more trusted when the artifact was recorded."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "export", "log"


def attack(world: World) -> None:
    pem = (world.root / "trust.pem").read_text()
    (world.root / "trust.pem").write_text("Until: 2026-03-01T12:00:30Z\n" + pem)
    world.sums()
