"""The key signs a batch of the access log that holds no accesses at all."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from agent.seal import CustodyEntry
from agent.store.custody import document_path
from tests.verify.world import World, looked

SUBJECT, STEP = "store", "access log"
SAYS = "cannot be read"


def attack(world: World) -> None:
    looked(world)
    data = b"{}"
    digest = hashlib.sha256(data).hexdigest()
    world.write(document_path(digest), data)
    world.relog([replace(one, document=digest) if isinstance(one, CustodyEntry) else one for one in world.entries()])
