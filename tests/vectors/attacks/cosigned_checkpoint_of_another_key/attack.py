"""The cosigned checkpoint was signed by nobody we trust: a witness was shown it by somebody else."""

from __future__ import annotations

from agent.seal import seal_checkpoint
from agent.seal.note import read_body, split_note
from agent.seal.signing import CryptoSigner
from tests.verify.world import World

SUBJECT, STEP = "store", "cosignatures"


def attack(world: World) -> None:
    body, _lines = split_note(world.file("log/checkpoint").read_bytes())
    world.cosign(note=seal_checkpoint(read_body(body), CryptoSigner.generate_ed25519()))
