"""The time in a cosignature is set back by a day: the log looks as if it had been seen before."""

from __future__ import annotations

import base64

from tests.verify.world import World

SUBJECT, STEP = "store", "cosignatures"


def attack(world: World) -> None:
    kept = world.cosign()
    note, line = kept.read_bytes().rsplit("\N{EM DASH}".encode(), 1)
    name, blob = line.split()
    data = base64.b64decode(blob)
    earlier = (int.from_bytes(data[4:12], "big") - 86_400).to_bytes(8, "big")
    forged = base64.b64encode(data[:4] + earlier + data[12:])
    world.write(kept, note + "\N{EM DASH} ".encode() + name + b" " + forged + b"\n")
