"""The proof is on another checkpoint than the one that lies beside it."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "export", "log"
SAYS = "of two different checkpoints"


def attack(world: World) -> None:
    (world.export / "checkpoint").write_bytes((world.stamps(7) / "checkpoint").read_bytes())
    (world.export / "checkpoint.tsr").write_bytes((world.stamps(7) / "token.tsr").read_bytes())
    (world.export / "consistency.txt").unlink()
    world.kept = False
    world.sums()
