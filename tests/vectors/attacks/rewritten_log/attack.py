"""The log was made anew without an artifact, with the signing key: it holds in itself, but not what was kept."""

from __future__ import annotations

from dataclasses import replace

from tests.verify.world import World

SUBJECT, STEP = "store", "kept checkpoint"


def attack(world: World) -> None:
    without(world)
    kept = (world.root / "kept").read_bytes()
    world.nothing_outside()
    (world.root / "kept").write_bytes(kept)
    world.kept = True


def without(world: World) -> None:
    """Drop the third artifact everywhere, and close the gap that it leaves."""
    world.object_of(2).unlink()
    world.envelope_of(2).unlink()
    world.sql("DELETE FROM artifact WHERE id = ?", world.artifacts[2])
    world.sql("UPDATE artifact SET leaf = leaf - 1 WHERE leaf > 2")
    entries = world.entries()
    world.relog([replace(one, index=at) for at, one in enumerate(entries[:2] + entries[3:])])
