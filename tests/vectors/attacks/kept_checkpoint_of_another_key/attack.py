"""What is said to be the kept checkpoint was signed by nobody we trust."""

from __future__ import annotations

from agent.seal.signing import CryptoSigner
from tests.verify.world import World

SUBJECT, STEP = "store", "kept checkpoint"


def attack(world: World) -> None:
    note = world.file("log/checkpoint").read_bytes()
    world.relog(world.entries()[:4], CryptoSigner.generate_ed25519())
    (world.root / "kept").write_bytes(world.file("log/checkpoint").read_bytes())
    world.write("log/checkpoint", note)
    world.nothing_outside()
    world.kept = True
