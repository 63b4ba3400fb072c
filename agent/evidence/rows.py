"""A row of the catalog as the rules and the lake take it: the columns that they need, and what follows from several."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlmodel import col

from agent.lake.instants import Instants
from agent.model import Outcome, Summary, Window
from agent.store import ArtifactRow


class Kept(NamedTuple):
    """The columns of an artifact that the rules and the lake need."""

    id: str
    object: str
    path: str
    collector: str
    kind: str
    scope: str
    boundary: str
    region: str
    source: str
    outcome: str
    window_start: datetime | None
    window_end: datetime | None
    collected_at: datetime
    recorded_at: datetime
    voided_at: datetime | None
    deleted_at: datetime | None

    def accepted(self, as_of: datetime) -> bool:
        """Return whether it is whole, and not voided at the instant."""
        return self.outcome == Outcome.SUCCEEDED and (self.voided_at is None or self.voided_at > as_of)


COLUMNS = tuple(col(getattr(ArtifactRow, name)) for name in Kept._fields)


def summary(row: Kept, instants: Instants) -> Summary:
    """Return the artifact of a row as the rules see it."""
    window = Window(row.window_start, row.window_end) if row.window_start and row.window_end else None
    return Summary(
        artifact=row.id, collector=row.collector, scope=row.scope, boundary=row.boundary, region=row.region,
        outcome=Outcome(row.outcome), collected_at=row.collected_at, recorded_at=row.recorded_at, window=window,
        voided_at=row.voided_at, source=row.source, instants=instants.instants, by_subject=instants.by_subject,
        valid_until=instants.valid_until,
    )


def newest(rows: Iterable[Kept]) -> list[Kept]:
    """Return the newest row of each collector and region."""
    found: dict[tuple[str, str], Kept] = {}
    for row in sorted(rows, key=lambda one: (one.collected_at, one.recorded_at)):
        found[row.collector, row.region] = row
    return list(found.values())


def any_at_once(states: Iterable[tuple[datetime, bool]]) -> list[tuple[datetime, bool]]:
    """Return one state for each instant: on where any collection of that instant saw it on."""
    joined: dict[datetime, bool] = {}
    for at, on in states:
        joined[at] = joined.get(at, False) or on
    return sorted(joined.items())
