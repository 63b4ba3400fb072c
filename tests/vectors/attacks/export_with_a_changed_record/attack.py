"""A record of the export is another one."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "export", "object"


def attack(world: World) -> None:
    file = world.export / "records.ndjson"
    file.write_bytes(file.read_bytes().replace(b"a-1", b"a-9"))
    (world.export / "records.csv").unlink()
    world.sums()
