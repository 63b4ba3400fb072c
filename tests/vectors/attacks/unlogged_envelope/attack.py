"""A run was sealed and never logged; nobody may take its envelope for evidence."""

from __future__ import annotations

from sqlmodel import select

from agent.store.tables import Pending
from tests.fixtures.store import keep
from tests.verify.world import World

SUBJECT, STEP = "store", "nothing beside"


def attack(world: World) -> None:
    with world.place.open() as store:
        keep(store, ["g"])
        with store.transaction() as session:
            for row in session.exec(select(Pending)):
                session.delete(row)
