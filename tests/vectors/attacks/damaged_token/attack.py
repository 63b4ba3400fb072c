"""A byte of the token's signature is another one."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "store", "time stamps"


def attack(world: World) -> None:
    token = (world.stamps(7) / "token.tsr").read_bytes()
    world.write(world.stamps(7) / "token.tsr", token[:-5] + bytes([token[-5] ^ 1]) + token[-4:])
