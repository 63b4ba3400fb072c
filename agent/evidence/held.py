"""What the store and the lake hold of a unit, as of an instant: artifacts, the instants that qualify, conclusions.

Everything is read at most once for one answer. Summaries that a changed mapping asks for anew are
made from the objects and, where the store may be written, kept.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import NamedTuple

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from agent.evidence.ahead import Ahead
from agent.evidence.concluded import Concluded, looked_at, read
from agent.evidence.instants import key, source, thinned, wanted
from agent.evidence.owed import Unit
from agent.evidence.weigh import enabled_spans
from agent.freshness import stale_at
from agent.lake.conclude import conclude
from agent.lake.desk import Asked, Desk
from agent.lake.instants import Instants, decode
from agent.lake.judged import Population
from agent.lake.shelf import Shelf, Signed
from agent.model import KINDS, Axis, FreshnessAnswer, Outcome, Requirement, Subjects, Summary, Window
from agent.model.conclusions import CheckResult, ConclusionAnswer
from agent.store import ArtifactRow, Assessment, Store, SummaryRow
from agent.timeline import by_collector, in_force


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


_COLUMNS = tuple(col(getattr(ArtifactRow, name)) for name in Kept._fields)
Place = tuple[str, str, str]
"""Collector, scope, boundary."""


@dataclass(slots=True, kw_only=True)
class StoreHeld:
    """What was held at `as_of`; `keep` writes summaries that had to be made."""

    store: Store
    shelf: Shelf
    as_of: datetime
    tz: tzinfo
    desk: Desk
    requirements: Mapping[str, Requirement]
    keep: bool = False
    ahead: Ahead = field(default_factory=Ahead)
    """Summaries made while their artifacts were not recorded yet."""
    session: Session | None = None
    """The sequencer's transaction, where the answer is asked inside of it; else each question has its own."""
    whole: bool = False
    """Every unit will be asked, scope by scope: the rows of a scope are read at once, and go with its last unit."""
    by_row: bool = False
    """The exceptions of checks are wanted by row: kept conclusions only count them."""
    _scope: str | None = None
    _concluded: dict[tuple[str, str, str], Concluded | None] = field(default_factory=dict)
    _rows: dict[Place, list[Kept]] = field(default_factory=dict)
    _instants: dict[tuple[Place, str], dict[str, Instants]] = field(default_factory=dict)

    def rows(self, unit: Unit, collectors: Iterable[str] | None = None) -> list[Kept]:
        """Return every artifact of the unit's collectors in its boundary that was recorded by then, oldest first."""
        return [
            row
            for collector in (unit.collectors if collectors is None else collectors)
            for row in self._at((collector, unit.scope, unit.boundary))
        ]

    def summaries(self, unit: Unit) -> Sequence[Summary]:
        """Return the unit's artifacts as the rules see them."""
        found: list[Summary] = []
        for collector in unit.collectors:
            place = (collector, unit.scope, unit.boundary)
            rows = self._at(place)
            instants = self._summarised(place, rows, unit.requirement) if wanted(unit.requirement) else {}
            found.extend(_summary(row, instants.get(row.id, Instants())) for row in rows)
        return found

    def population(self, unit: Unit, subjects: Subjects) -> Collection[str]:
        """Return the ids that `subjects` chooses among the newest artifacts of its kind in the unit's boundary."""
        with self._reading() as session:
            query = select(*_COLUMNS).where(
                col(ArtifactRow.kind) == subjects.kind, col(ArtifactRow.scope) == unit.scope,
                col(ArtifactRow.boundary) == unit.boundary, col(ArtifactRow.recorded_at) <= self.as_of,
            )
            rows = [Kept(*row) for row in session.exec(query)]
        pieces = [self.shelf.piece(row) for row in _newest(
            row for row in rows if row.accepted(self.as_of) and row.deleted_at is None)]
        return self.desk.population(pieces, subjects) if pieces else ()

    def log_source(self, unit: Unit, requirement: Requirement) -> Sequence[Window] | None:
        """Return the spans in which a qualifying log source was seen; None before it was ever looked at."""
        seen = source(requirement)
        states: list[tuple[datetime, bool]] = []
        for collector in requirement.collectors:
            place = (collector, unit.scope, unit.boundary)
            rows = [row for row in self._at(place) if row.accepted(self.as_of)]
            found = self._summarised(place, rows, seen)
            states.extend((row.collected_at, bool(found[row.id].by_subject)) for row in rows if row.id in found)
        return enabled_spans(_any_at_once(states), self.as_of) if states else None

    def healthy(self, unit: Unit, collector: str) -> bool:
        """Return whether the newest run in each region was whole; one that never ran has not failed."""
        newest = _newest(self._at((collector, unit.scope, unit.boundary)))
        return all(row.outcome == Outcome.SUCCEEDED for row in newest)

    def conclude(self, unit: Unit, answer: FreshnessAnswer, period: Window, as_of: datetime) -> ConclusionAnswer:
        """Return what the checks find in the artifacts that design section 6 and ADR 6 name."""
        requirement = unit.requirement
        pieces = [self.shelf.piece(row) for row in self.judged(unit)]
        population = Population(requirement.kind, pieces, as_of, period)

        def checked(requirement: Requirement, population: Population) -> Sequence[CheckResult]:
            kept = None if self.by_row else self._kept_conclusion(unit)
            looked = looked_at(requirement, [piece.artifact for piece in population.pieces], period)
            return kept.checks if kept and kept.looked == looked else self.desk.checks(requirement, population)

        return conclude(requirement, population, answer.state, checked)

    def judged(self, unit: Unit) -> list[Kept]:
        """Return the artifacts that checks look at: every accepted one of events, of a state what stands for now.

        That is the newest of each collector and region in force, as long as it is not stale by itself.
        """
        requirement = unit.requirement
        allowed = [row for row in self.rows(unit) if self._counts(row, requirement) and row.deleted_at is None]
        if KINDS[requirement.kind].event:
            return allowed
        regions = {name: in_force(found, self.as_of) for name, found in by_collector(unit.expected).items()}
        return [
            row for row in _newest(allowed)
            if stale_at(requirement, row.collected_at, self.tz) > self.as_of
            and (row.collector not in regions or row.region in regions[row.collector])
        ]

    def _reading(self) -> AbstractContextManager[Session]:
        return self.store.reading() if self.session is None else nullcontext(self.session)

    def _counts(self, row: Kept, requirement: Requirement) -> bool:
        partial = requirement.partial_allowed and row.outcome == Outcome.PARTIAL
        return row.accepted(self.as_of) or (partial and (row.voided_at is None or row.voided_at > self.as_of))

    def _at(self, place: Place) -> list[Kept]:
        collector, scope, boundary = place
        if self.whole and self._scope != scope:
            self._turn(scope)
        if place not in self._rows:
            found = [] if self.whole else self._read(
                col(ArtifactRow.collector) == collector, col(ArtifactRow.boundary) == boundary,
                col(ArtifactRow.scope) == scope,
            )
            self._rows[place] = found
        return self._rows[place]

    def _turn(self, scope: str) -> None:
        """Read the rows of a scope and let go of those of the one before."""
        self._rows.clear()
        self._instants.clear()
        self._concluded = self._conclusions(col(Assessment.scope) == scope) if not self.by_row else {}
        for row in self._read(col(ArtifactRow.scope) == scope):
            self._rows.setdefault((row.collector, row.scope, row.boundary), []).append(row)
        self._scope = scope

    def _kept_conclusion(self, unit: Unit) -> Concluded | None:
        if not self.whole and unit.key not in self._concluded:
            requirement, scope, boundary = unit.key
            self._concluded[unit.key] = self._conclusions(
                col(Assessment.requirement) == requirement, col(Assessment.scope) == scope,
                col(Assessment.boundary) == boundary,
            ).get(unit.key)
        return self._concluded.get(unit.key)

    def _conclusions(self, *where: ColumnElement[bool]) -> dict[tuple[str, str, str], Concluded | None]:
        vouch = Signed(self.store)
        query = select(Assessment).where(col(Assessment.axis) == Axis.CONCLUSION, *where)
        with self._reading() as session:
            return {(row.requirement, row.scope, row.boundary): read(row.body, vouch) for row in session.exec(query)}

    def _read(self, *where: ColumnElement[bool]) -> list[Kept]:
        query = select(*_COLUMNS).where(*where, col(ArtifactRow.recorded_at) <= self.as_of)
        with self._reading() as session:
            rows = [Kept(*row) for row in session.exec(query)]
        return sorted(rows, key=lambda row: (row.collected_at, row.recorded_at))

    def _summarised(self, place: Place, rows: Iterable[Kept], requirement: Requirement) -> dict[str, Instants]:
        name = key(requirement)
        if (place, name) not in self._instants:
            self._instants[place, name] = self._kept(place, name)
        found = self._instants[place, name]
        missing = [
            row for row in rows if row.id not in found and row.outcome != Outcome.FAILED and row.deleted_at is None
        ]
        bodies = {row.id: self._made(row, requirement, name) for row in missing}
        found.update((artifact, decode(body)) for artifact, body in bodies.items())
        if bodies and self.keep:
            self.store.put_summaries(name, bodies, self.session)
        return found

    def _made(self, row: Kept, requirement: Requirement, name: str) -> bytes:
        ready = self.ahead.ready(row, name)
        if ready is not None:
            return ready
        (body,) = self.desk.summaries(self.shelf.piece(row), [Asked(requirement, thinned(requirement))])
        return body

    def _kept(self, place: Place, qualifies: str) -> dict[str, Instants]:
        collector, scope, boundary = place
        query = (
            select(SummaryRow.artifact, SummaryRow.body)
            .join(ArtifactRow, col(ArtifactRow.id) == col(SummaryRow.artifact))
            .where(
                col(SummaryRow.qualifies) == qualifies, col(ArtifactRow.collector) == collector,
                col(ArtifactRow.boundary) == boundary, col(ArtifactRow.scope) == scope,
            )
        )
        with self._reading() as session:
            return {artifact: decode(body) for artifact, body in session.exec(query)}


def _summary(row: Kept, instants: Instants) -> Summary:
    window = Window(row.window_start, row.window_end) if row.window_start and row.window_end else None
    return Summary(
        artifact=row.id, collector=row.collector, scope=row.scope, boundary=row.boundary, region=row.region,
        outcome=Outcome(row.outcome), collected_at=row.collected_at, recorded_at=row.recorded_at, window=window,
        voided_at=row.voided_at, source=row.source, instants=instants.instants, by_subject=instants.by_subject,
        valid_until=instants.valid_until,
    )


def _newest(rows: Iterable[Kept]) -> list[Kept]:
    """Return the newest row of each collector and region."""
    newest: dict[tuple[str, str], Kept] = {}
    for row in sorted(rows, key=lambda one: (one.collected_at, one.recorded_at)):
        newest[row.collector, row.region] = row
    return list(newest.values())


def _any_at_once(states: Iterable[tuple[datetime, bool]]) -> list[tuple[datetime, bool]]:
    """Return one state for each instant: on where any collection of that instant saw it on."""
    joined: dict[datetime, bool] = {}
    for at, on in states:
        joined[at] = joined.get(at, False) or on
    return sorted(joined.items())
