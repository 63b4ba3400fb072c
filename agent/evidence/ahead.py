"""Summaries made by the thread that ran a task, before its artifact is recorded.

The sequencer's transaction holds up every run; with them ready it reads no object. Whatever goes
wrong here is left to the sequencer, which asks again for what it does not find.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import structlog

from agent.errors import AnnexaError
from agent.evidence.instants import needed, thinned
from agent.lake.desk import Asked, Desk
from agent.lake.pieces import Piece
from agent.model import Requirement

log = structlog.get_logger("annexa.evidence")


class Recorded(Protocol):
    """What names the bytes of an artifact and the moment that its states are of."""

    @property
    def object(self) -> str:
        """The digest of its object."""
    @property
    def collected_at(self) -> datetime:
        """When the run began to read."""


@dataclass(slots=True)
class Ahead:
    """Encoded summaries by object, moment of collection and the name that they are kept under; for many threads."""

    _made: dict[tuple[str, datetime], dict[str, bytes]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def make(self, desk: Desk, piece: Piece, requirements: Iterable[Requirement]) -> None:
        """Make every summary that the requirements want of the artifact."""
        asked = needed(requirements, piece.collector)
        if not asked:
            return
        try:
            bodies = desk.summaries(piece, [Asked(one, thinned(one)) for one in asked.values()])
        except AnnexaError as error:
            log.warning("summaries not made ahead", collector=piece.collector, scope=piece.scope, error=error.line())
            return
        with self._lock:
            self._made[piece.digest, piece.collected_at] = dict(zip(asked, bodies, strict=True))

    def ready(self, row: Recorded, name: str) -> bytes | None:
        """Return a summary that was made, None where it was not."""
        return self._made.get((row.object.removeprefix("sha256:"), row.collected_at), {}).get(name)

    def forget(self, rows: Iterable[Recorded]) -> None:
        """Drop the summaries of artifacts that are recorded now."""
        with self._lock:
            for row in rows:
                self._made.pop((row.object.removeprefix("sha256:"), row.collected_at), None)
