"""The kept document of a draw is given another seed, and its row too."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "store", "sampling"


def attack(world: World) -> None:
    world.sample()
    document = world.document_of("the second")
    world.write(document, document.read_bytes().replace(b"the second", b"the better"))
    world.sql("UPDATE sampling SET body = CAST(replace(body, 'the second', 'the better') AS BLOB) WHERE name = 'S2'")
