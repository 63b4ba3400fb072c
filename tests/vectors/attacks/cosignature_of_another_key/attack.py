"""A cosignature points to a trusted witness, and another key made it."""

from __future__ import annotations

import base64

from tests.lab.witness import Witness
from tests.verify.world import World

SUBJECT, STEP = "store", "cosignatures"


def attack(world: World) -> None:
    stranger = Witness()
    kept = world.cosign()
    note, line = kept.read_bytes().rsplit("\N{EM DASH}".encode(), 1)
    blob = base64.b64decode(line.split()[-1])
    body = note.split(b"\n\n")[0] + b"\n"
    forged = stranger.cosign(body, int.from_bytes(blob[4:12], "big")).split()[-1]
    mine = base64.b64encode(blob[:4] + base64.b64decode(forged)[4:]).decode()
    world.write(kept, note + f"\N{EM DASH} {stranger.name} {mine}\n".encode())
