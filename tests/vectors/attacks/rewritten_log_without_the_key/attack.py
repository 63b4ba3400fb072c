"""An entry is another one; nobody could sign the new root."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "store", "log"


def attack(world: World) -> None:
    note = world.file("log/checkpoint").read_bytes()
    world.replace_entry(5, object="0" * 64)
    world.write("log/checkpoint", note)
