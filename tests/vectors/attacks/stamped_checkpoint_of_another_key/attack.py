"""The stamped checkpoint was signed by nobody we trust."""

from __future__ import annotations

from agent.seal.signing import CryptoSigner
from tests.verify.world import World

SUBJECT, STEP = "store", "time stamps"


def attack(world: World) -> None:
    note = world.file("log/checkpoint").read_bytes()
    tiles = f"log/tile/entries/000.p/{world.size}", f"log/tile/0/000.p/{world.size}"
    before = [world.file(path).read_bytes() for path in tiles]
    world.relog(world.entries(), CryptoSigner.generate_ed25519())
    other = world.file("log/checkpoint").read_bytes()
    world.write(world.stamps(7) / "checkpoint", other)
    world.write(world.stamps(7) / "token.tsr", world.authority.stamp(other))
    world.write("log/checkpoint", note)
    for path, data in zip(tiles, before, strict=True):
        world.write(path, data)
