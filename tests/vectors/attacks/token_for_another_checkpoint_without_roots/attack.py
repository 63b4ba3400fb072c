"""The same, where the auditor trusts no authority."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "store", "time stamps"


def attack(world: World) -> None:
    (world.root / world.key).write_bytes((world.data / "keys" / "signing-key.pub").read_bytes())
    world.write(world.stamps(7) / "token.tsr", (world.stamps(3) / "token.tsr").read_bytes())
