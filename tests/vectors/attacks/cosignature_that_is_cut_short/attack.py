"""The cosignature of a known witness is shorter than one can be."""

from __future__ import annotations

import base64

from tests.verify.world import World

SUBJECT, STEP = "store", "cosignatures"
SAYS = "is not written as the format asks"


def attack(world: World) -> None:
    kept = world.cosign()
    note, line = kept.read_bytes().rsplit("\N{EM DASH}".encode(), 1)
    name, blob = line.split()
    short = base64.b64encode(base64.b64decode(blob)[:-1])
    world.write(kept, note + "\N{EM DASH} ".encode() + name + b" " + short + b"\n")
