"""The token is of an authority that the trust root does not name."""

from __future__ import annotations

from tests.verify.world import World, make

SUBJECT, STEP = "store", "time stamps"


def attack(world: World) -> None:
    other = make(world.root / "other-tsa", "Other")
    note = (world.stamps(7) / "checkpoint").read_bytes()
    world.write(world.stamps(7) / "token.tsr", other.stamp(note))
