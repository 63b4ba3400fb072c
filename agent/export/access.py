"""What people did, as the log has it: entries that are neither of a run nor of a sample, and what they name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from agent import canonical
from agent.store.objects import Objects
from agent.verify import layout

CUSTODY = "custody/{0:.2}/{0}.json"
"""Where a store keeps the document of a batch of accesses, by its digest."""


class Acts:
    """Takes the entries in the order of the log."""

    def __init__(self) -> None:
        self.deleted: set[str] = set()
        """Paths of objects that were deleted under retention: they may be gone."""

    def take(self, entries: Iterable[tuple[int, bytes]], objects: Objects) -> Iterator[tuple[str, bytes]]:
        """Yield name and bytes of each document that an entry names; a batch of accesses stands in one."""
        for _leaf, data in entries:
            said: dict[str, Any] = canonical.loads(data)
            if said["type"] == "deletion":
                self.deleted.add(said["path"])
            if said["type"] == "custody":
                yield layout.access_file(said["document"]), objects.get(CUSTODY.format(said["document"]))
