"""A file of the export is not what its sum says."""

from __future__ import annotations

from tests.verify.world import World

SUBJECT, STEP = "export", "sums"


def attack(world: World) -> None:
    (world.export / "public-key.pem").write_bytes(b"another key")
