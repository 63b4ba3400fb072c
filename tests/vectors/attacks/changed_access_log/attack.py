"""A batch of the access log is another one than the log has."""

from __future__ import annotations

from tests.verify.world import World, looked

SUBJECT, STEP = "store", "access log"


def attack(world: World) -> None:
    looked(world)
    (document,) = (world.data / "artifacts" / "custody").glob("*/*.json")
    world.write(document, document.read_bytes().replace(b"auditor", b"nobody_"))
