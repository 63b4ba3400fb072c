"""The token of the export is on another checkpoint."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "export", "time stamps"


def attack(world: World) -> None:
    (world.export / "checkpoint.tsr").write_bytes((world.stamps(7) / "token.tsr").read_bytes())
    world.sums()
