"""The statement in the open says that the source sees everything; the signed one says what it cannot see."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "export", "statement"


def attack(world: World) -> None:
    file = world.export / "statement.json"
    file.write_bytes(file.read_bytes().replace(b'"limits":[', b'"limits":["none",'))
    world.sums()
