"""The log's head is signed by the old key, the last run by the new one."""

from __future__ import annotations

from agent.seal.signing import CryptoSigner
from agent.store.keys import public_pem
from tests.verify.world import World

SUBJECT, STEP = "store", "log"


def attack(world: World) -> None:
    world.nothing_outside()
    new = CryptoSigner.generate_ed25519()
    world.reseal(5, world.seal(world.statement(5), new))
    pem = (world.data / "keys" / "signing-key.pub").read_text()
    (world.root / "trust.pem").write_text(
        f"Until: 2026-03-01T12:05:30Z\n{pem}From: 2026-03-01T12:05:30Z\n{public_pem(new.public_key).decode()}"
    )
