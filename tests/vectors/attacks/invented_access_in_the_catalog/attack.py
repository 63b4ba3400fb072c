"""An access that nobody made is in the catalog as if the log had it."""

from __future__ import annotations

from tests.verify.world import World, looked

SUBJECT, STEP = "store", "catalog"


def attack(world: World) -> None:
    looked(world)
    world.sql("INSERT INTO access (at, action, artifact, who, host, client, why, detail, batch, leaf)"
              " VALUES (0, 'view', ?, 'Eve', 'h', 'c', '', '', 'x', 3)", world.artifacts[0])
