"""A cosigned checkpoint of 4 leaves lies where one of 7 belongs."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "store", "cosignatures"


def attack(world: World) -> None:
    kept = world.cosign(note=(world.root / "kept").read_bytes())
    world.write(f"log/cosignatures/{7:012}/{kept.name}", kept.read_bytes())
