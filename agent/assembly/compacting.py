"""Keeps the compacted Parquet of the lake up with what is collected; no answer depends on it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import structlog
from dateutil.relativedelta import relativedelta

from agent.assembly.app import Parts
from agent.errors import AnnexaError
from agent.model import KINDS

log = structlog.get_logger("annexa.lake")


MONTH = relativedelta(months=1)


def _months(since: datetime, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield the first instants (UTC) of each month from that of `since` to that of `now`, and of the one after it."""
    start = since.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    while start <= now:
        yield start, start + MONTH
        start += MONTH


def compact(app: Parts, since: datetime, now: datetime) -> int:
    """Write the Parquet of each month from that of `since` on that lacks an artifact; return how many were written.

    Raises `StoreError` where it cannot be written. One month of one kind is looked at a time.
    """
    held, written = app.compacted, 0
    for start, end in _months(since, now):
        for kind in KINDS:
            for pieces in held.lacking(app.shelf.pieces(kind, since=start, until=end)):
                app.desk.compact(held.directory, pieces)
                held.sign(pieces)
                written += 1
    return written


def everything(app: Parts) -> int:
    """Compact every month in which something was collected."""
    oldest = app.store.oldest()
    return compact(app, oldest, app.clock()) if oldest is not None else 0


def lately(app: Parts, now: datetime) -> int:
    """Compact this month and the last, where new artifacts lie; what fails is logged, and the objects are read."""
    try:
        written = compact(app, now - MONTH, now)
    except AnnexaError as error:
        log.warning("not compacted, the objects themselves are read", error=error.line())
        return 0
    log.debug("compacted", months=written)
    return written
