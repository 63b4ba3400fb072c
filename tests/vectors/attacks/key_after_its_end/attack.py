"""A key signs on after its end: what was recorded then is not believed."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "store", "envelopes"
SAYS = "no key of the trust root covers"


def attack(world: World) -> None:
    pem = (world.root / "trust.pem").read_text()
    (world.root / "trust.pem").write_text("Until: 2026-03-01T12:03:30Z\n" + pem)
