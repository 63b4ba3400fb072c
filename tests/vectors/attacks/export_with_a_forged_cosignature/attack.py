"""The cosignature in an export is of another checkpoint than the export's."""

from __future__ import annotations

from tests.lab.witness import Witness
from tests.verify.world import World

SUBJECT, STEP = "export", "cosignatures"


def attack(world: World) -> None:
    witness = Witness()
    own = (world.export / "checkpoint").read_bytes()
    world.cosign(witness)
    line = witness.cosign(b"example/log\n1\nroot\n")
    (world.export / "checkpoint.cosigned").write_bytes(own + line)
    world.sums()
