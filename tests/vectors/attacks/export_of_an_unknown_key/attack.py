"""The export's checkpoint was signed by nobody we trust."""

from __future__ import annotations

from agent.seal.signing import CryptoSigner
from tests.verify.world import World

SUBJECT, STEP = "export", "checkpoint"


def attack(world: World) -> None:
    world.nothing_outside()
    world.relog(world.entries(), CryptoSigner.generate_ed25519())
    (world.export / "checkpoint").write_bytes(world.file("log/checkpoint").read_bytes())
    world.sums()
