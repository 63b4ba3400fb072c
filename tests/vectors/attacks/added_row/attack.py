"""A row was added for a run that was never sealed."""

from __future__ import annotations

import sqlite3

from tests.verify.world import World

SUBJECT, STEP = "store", "catalog"


def attack(world: World) -> None:
    connection = sqlite3.connect(world.data / "annexa.db")
    connection.execute("CREATE TEMP TABLE one AS SELECT * FROM artifact WHERE id = ?", [world.artifacts[2]])
    connection.execute("UPDATE one SET id = 'sha256:' || hex(zeroblob(32)), leaf = 99")
    connection.execute("INSERT INTO artifact SELECT * FROM one")
    connection.commit()
    connection.close()
