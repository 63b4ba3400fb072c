"""Keeps the compacted Parquet of the lake up with what is collected; no answer depends on it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import structlog

from agent.assembly.app import Parts
from agent.errors import AnnexaError
from agent.model import KINDS

log = structlog.get_logger("annexa.lake")


def _month(moment: datetime, later: int = 0) -> datetime:
    """Return the first instant (UTC) of the month of a moment, or of so many months later."""
    number = moment.astimezone(UTC).year * 12 + moment.astimezone(UTC).month - 1 + later
    return datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC)


def _months(since: datetime, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    start = _month(since)
    while start <= now:
        end = _month(start, 1)
        yield start, end
        start = end


def compact(app: Parts, since: datetime) -> int:
    """Write the Parquet of each month from that of `since` on that lacks an artifact; return how many were written.

    Raises `StoreError` where it cannot be written. One month of one kind is looked at a time.
    """
    held, written = app.compacted, 0
    for start, end in _months(since, app.clock()):
        for kind in KINDS:
            for pieces in held.lacking(app.shelf.pieces(kind, since=start, until=end)):
                app.desk.compact(app.config.data / "lake", pieces)
                held.sign(pieces)
                written += 1
    return written


def everything(app: Parts) -> int:
    """Compact every month in which something was collected."""
    oldest = app.store.oldest()
    return compact(app, oldest) if oldest is not None else 0


def lately(app: Parts) -> int:
    """Compact this month and the last, where new artifacts lie; what fails is logged, and the objects are read."""
    try:
        written = compact(app, _month(app.clock(), -1))
    except AnnexaError as error:
        log.warning("not compacted, the objects themselves are read", error=error.line())
        return 0
    log.debug("compacted", months=written)
    return written
