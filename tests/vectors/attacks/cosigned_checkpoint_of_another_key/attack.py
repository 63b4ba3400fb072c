"""The cosigned checkpoint was signed by nobody we trust: a witness was shown another log."""

from __future__ import annotations

from agent.seal import Checkpoint, seal_checkpoint
from agent.seal.signing import CryptoSigner
from tests.verify.world import World

SUBJECT, STEP = "store", "cosignatures"


def attack(world: World) -> None:
    head = Checkpoint(world.origin, 7, bytes(32))
    world.cosign(note=seal_checkpoint(head, CryptoSigner.generate_ed25519()))
