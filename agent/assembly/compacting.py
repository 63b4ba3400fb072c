"""Keeps the compacted Parquet of the lake up with what is collected; no answer depends on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from dateutil.relativedelta import relativedelta

from agent.assembly.app import Parts
from agent.errors import ConfigurationError, StoreError, VerificationError
from agent.lake.compact import Compacted
from agent.lake.desk import EndedError
from agent.lake.merge import whole
from agent.lake.pieces import Piece
from agent.model import KINDS

log = structlog.get_logger("annexa.lake")


MONTH = relativedelta(months=1)


def _months(since: datetime, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield the first instants (UTC) of each month from that of `since` to that of `now`, and of the one after it."""
    start = since.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    while start <= now:
        yield start, start + MONTH
        start += MONTH


@dataclass(frozen=True, slots=True)
class Done:
    """How many months were written, and a line for each artifact or month that was left out."""

    written: int = 0
    left_out: tuple[str, ...] = ()


def compact(app: Parts, since: datetime, now: datetime) -> Done:
    """Write the Parquet of each month from that of `since` on that lacks an artifact, without what cannot be read.

    Raises `StoreError` where it cannot be written. One month of one kind is looked at a time.
    """
    held, written, left_out = app.compacted, 0, []
    for start, end in _months(since, now):
        for kind in KINDS:
            for pieces in held.lacking(app.shelf.pieces(kind, since=start, until=end, clear=True)):
                try:
                    lines = _write(app, held, pieces)
                except (EndedError, ConfigurationError) as error:  # memory or time: the next one may have enough
                    left_out.append(f"{kind} of {start:%Y-%m}: {error.line()}")
                    continue
                left_out += lines
                written += len(lines) < len(pieces)
    return Done(written, tuple(left_out))


def _write(app: Parts, held: Compacted, pieces: Sequence[Piece]) -> list[str]:
    """Write the Parquet of these artifacts of a month; return a line for each that cannot be read and is not in it."""
    try:
        app.desk.compact(held.directory, pieces)
    except (VerificationError, StoreError):
        sound, lines = _proven(pieces)
        if not lines:
            raise
        if held.lacking(sound):
            app.desk.compact(held.directory, sound)
            held.sign(sound)
        return lines
    held.sign(pieces)
    return []


def _proven(pieces: Sequence[Piece]) -> tuple[list[Piece], list[str]]:
    """Return the artifacts whose records are what was sealed, and what is wrong with each of the others."""
    sound, lines = [], []
    for piece in pieces:
        try:
            whole(piece)
        except (VerificationError, StoreError) as error:
            lines.append(error.line())
        else:
            sound.append(piece)
    return sound, lines


def everything(app: Parts) -> Done:
    """Compact every month in which something was collected."""
    oldest = app.store.oldest()
    return compact(app, oldest, app.clock()) if oldest is not None else Done()


def lately(app: Parts, now: datetime) -> int:
    """Compact this month and the last, where new artifacts lie; what fails is logged, and the objects are read."""
    try:
        done = compact(app, now - MONTH, now)
    except StoreError as error:
        log.warning("not compacted, the objects themselves are read", error=error.line())
        return 0
    for line in done.left_out:
        log.warning("left out of what is compacted", error=line)
    log.debug("compacted", months=done.written)
    return done.written
