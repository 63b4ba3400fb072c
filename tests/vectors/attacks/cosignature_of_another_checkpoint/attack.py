"""The cosignature of an earlier checkpoint is put onto the newest."""

from __future__ import annotations

from tests.lab.witness import Witness
from tests.verify.world import World

SUBJECT, STEP = "store", "cosignatures"


def attack(world: World) -> None:
    witness = Witness()
    earlier = world.cosign(witness, (world.root / "kept").read_bytes())
    line = earlier.read_bytes().splitlines(keepends=True)[-1]
    head = world.file("log/checkpoint").read_bytes()
    world.write(f"log/cosignatures/{world.size:012}/{witness.key_id.hex()}", head + line)
