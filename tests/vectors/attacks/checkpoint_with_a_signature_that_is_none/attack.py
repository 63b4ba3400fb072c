"""The head carries a signature of the log's key that is cut short."""

from __future__ import annotations

import base64

from tests.verify.world import World

SUBJECT, STEP = "store", "checkpoint"


def attack(world: World) -> None:
    head = world.file("log/checkpoint").read_bytes()
    note, line = head.rsplit("\N{EM DASH}".encode(), 1)
    name, blob = line.split()
    short = base64.b64encode(base64.b64decode(blob)[:20])
    world.write("log/checkpoint", note + "\N{EM DASH} ".encode() + name + b" " + short + b"\n")
