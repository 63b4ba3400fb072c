"""The log was made anew without an artifact; a witness has seen the one before."""

from __future__ import annotations

from tests.vectors.attacks.rewritten_log.attack import without
from tests.verify.world import World

SUBJECT, STEP = "store", "cosignatures"


def attack(world: World) -> None:
    world.cosign(note=(world.root / "kept").read_bytes())
    without(world)
    world.nothing_outside()
