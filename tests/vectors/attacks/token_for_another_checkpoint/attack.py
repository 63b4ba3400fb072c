"""The token of one checkpoint lies beside another."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "store", "time stamps"


def attack(world: World) -> None:
    world.write(world.stamps(7) / "token.tsr", (world.stamps(3) / "token.tsr").read_bytes())
