"""A hash of the inclusion proof is another one."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "export", "log"


def attack(world: World) -> None:
    file = world.export / "inclusion.tlog-proof"
    lines = file.read_bytes().split(b"\n")
    lines[2] = b"A" + lines[2][1:] if lines[2][:1] != b"A" else b"B" + lines[2][1:]
    file.write_bytes(b"\n".join(lines))
    world.sums()
