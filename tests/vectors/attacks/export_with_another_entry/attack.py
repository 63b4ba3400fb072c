"""The entry of the export names another envelope than the log."""

from __future__ import annotations

from dataclasses import replace

from agent.seal import ArtifactEntry, read_entry
from tests.verify.world import World

SUBJECT, STEP = "export", "log"


def attack(world: World) -> None:
    entry = read_entry((world.export / "entry.json").read_bytes())
    assert isinstance(entry, ArtifactEntry)
    (world.export / "entry.json").write_bytes(replace(entry, envelope="0" * 64).write())
    world.sums()
