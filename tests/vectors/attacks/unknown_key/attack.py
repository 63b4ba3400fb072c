"""An envelope signed by a key that nobody trusts, in a log that was made to fit."""

from __future__ import annotations

from agent.seal.signing import CryptoSigner
from tests.verify.world import World

SUBJECT, STEP = "store", "envelopes"


def attack(world: World) -> None:
    world.nothing_outside()
    world.reseal(2, world.seal(world.statement(2), CryptoSigner.generate_ed25519()))
