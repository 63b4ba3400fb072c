"""The whole log signed by a key that nobody trusts."""

from __future__ import annotations

from agent.seal.signing import CryptoSigner
from tests.verify.world import World

SUBJECT, STEP = "store", "checkpoint"


def attack(world: World) -> None:
    world.nothing_outside()
    world.relog(world.entries(), CryptoSigner.generate_ed25519())
