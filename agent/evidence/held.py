"""What the store and the lake hold of a unit, as of an instant: artifacts, the instants that qualify, conclusions.

Everything is read at most once for one answer. Summaries that a changed mapping asks for anew are
made from the objects and, where the store may be written, kept.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from agent.errors import LockedError
from agent.evidence.ahead import Ahead
from agent.evidence.concluded import Concluded, looked_at, read
from agent.evidence.instants import key, source, thinned, wanted
from agent.evidence.locked import Locked
from agent.evidence.owed import Unit
from agent.evidence.rows import COLUMNS, Kept, any_at_once, newest, summary
from agent.evidence.weigh import enabled_spans
from agent.freshness import stale_at
from agent.lake.conclude import conclude, of_checks, unasked
from agent.lake.desk import Asked, Desk
from agent.lake.instants import Instants, decode
from agent.lake.judged import Population
from agent.lake.pieces import Piece
from agent.lake.shelf import Shelf, Signed
from agent.model import KINDS, Axis, Conclusion, FreshnessAnswer, Outcome, Requirement, Subjects, Summary, Window
from agent.model.conclusions import CheckResult, ConclusionAnswer
from agent.store import ArtifactRow, Assessment, Store, SummaryRow
from agent.timeline import by_collector, in_force

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
    _locked: Locked = field(init=False)
    _scope: str | None = None
    _concluded: dict[tuple[str, str, str], Concluded | None] = field(default_factory=dict)
    _rows: dict[Place, list[Kept]] = field(default_factory=dict)
    _instants: dict[tuple[Place, str], dict[str, Instants]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._locked = Locked(self.shelf)

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
            instants = self._summarised(unit, place, rows, unit.requirement) if wanted(unit.requirement) else {}
            found.extend(summary(row, instants.get(row.id, Instants())) for row in rows)
        return found

    def population(self, unit: Unit, subjects: Subjects) -> Collection[str]:
        """Return the ids that `subjects` chooses among the newest artifacts of its kind in the unit's boundary."""
        with self._reading() as session:
            query = select(*COLUMNS).where(
                col(ArtifactRow.kind) == subjects.kind, col(ArtifactRow.scope) == unit.scope,
                col(ArtifactRow.boundary) == unit.boundary, col(ArtifactRow.recorded_at) <= self.as_of,
            )
            rows = [Kept(*row) for row in session.exec(query)]
        pieces: list[Piece] = []
        with self._locked.noting(unit):
            pieces = [self._locked.piece(row) for row in newest(
                row for row in rows if row.accepted(self.as_of) and row.deleted_at is None)]
        return self.desk.population(pieces, subjects) if pieces else ()

    def log_source(self, unit: Unit, requirement: Requirement) -> Sequence[Window] | None:
        """Return the spans in which a qualifying log source was seen; None before it was ever looked at."""
        seen = source(requirement)
        states: list[tuple[datetime, bool]] = []
        for collector in requirement.collectors:
            place = (collector, unit.scope, unit.boundary)
            rows = [row for row in self._at(place) if row.accepted(self.as_of)]
            found = self._summarised(unit, place, rows, seen)
            states.extend((row.collected_at, bool(found[row.id].by_subject)) for row in rows if row.id in found)
        return enabled_spans(any_at_once(states), self.as_of) if states else None

    def healthy(self, unit: Unit, collector: str) -> bool:
        """Return whether the newest run in each region was whole; one that never ran has not failed."""
        latest = newest(self._at((collector, unit.scope, unit.boundary)))
        return all(row.outcome == Outcome.SUCCEEDED for row in latest)

    def conclude(self, unit: Unit, answer: FreshnessAnswer, period: Window, as_of: datetime) -> ConclusionAnswer:
        """Return what the checks find in the artifacts that design section 6 and ADR 6 name."""
        requirement, rows = unit.requirement, self.judged(unit)
        artifacts = tuple(row.id for row in rows)
        if reason := unasked(requirement, [row.outcome for row in rows], answer.state):
            return ConclusionAnswer(state=Conclusion.UNKNOWN, reason=reason, artifacts=artifacts)
        if not self.by_row and (kept := self._checked(unit, artifacts, period)) is not None:
            return of_checks(kept, artifacts)
        try:
            pieces = [self._locked.piece(row) for row in rows]
        except LockedError as error:  # rows of exceptions are lacking at least; the counts may be kept
            kept, line = self._checked(unit, artifacts, period), error.line()
            unknown = ConclusionAnswer(state=Conclusion.UNKNOWN, reason=line, artifacts=artifacts)
            return replace(unknown if kept is None else of_checks(kept, artifacts), locked=line)
        population = Population(requirement.kind, pieces, as_of, period)
        return conclude(requirement, population, answer.state, self.desk.checks)

    def locked(self, unit: Unit) -> str:
        """Return why records that freshness or coverage of the unit asked for cannot be opened; '' where all can."""
        return self._locked.why(unit)

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
            row for row in newest(allowed)
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

    def _checked(self, unit: Unit, artifacts: Sequence[str], period: Window) -> tuple[CheckResult, ...] | None:
        """Return what the checks found when they looked at the same; None where that was not kept."""
        kept = self._kept_conclusion(unit)
        return kept.checks if kept and kept.looked == looked_at(unit.requirement, artifacts, period) else None

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
        query = select(*COLUMNS).where(*where, col(ArtifactRow.recorded_at) <= self.as_of)
        with self._reading() as session:
            rows = [Kept(*row) for row in session.exec(query)]
        return sorted(rows, key=lambda row: (row.collected_at, row.recorded_at))

    def _summarised(
        self, unit: Unit, place: Place, rows: Iterable[Kept], requirement: Requirement
    ) -> dict[str, Instants]:
        name = key(requirement)
        if (place, name) not in self._instants:
            self._instants[place, name] = self._kept(place, name)
        found = self._instants[place, name]
        missing = [
            row for row in rows if row.id not in found and row.outcome != Outcome.FAILED and row.deleted_at is None
        ]
        bodies = {}
        for row in missing:
            with self._locked.noting(unit, counts=self._counts(row, requirement)):
                bodies[row.id] = self._made(row, requirement, name)
        found.update((artifact, decode(body)) for artifact, body in bodies.items())
        if bodies and self.keep:
            self.store.put_summaries(name, bodies, self.session)
        return found

    def _made(self, row: Kept, requirement: Requirement, name: str) -> bytes:
        ready = self.ahead.ready(row, name)
        if ready is not None:
            return ready
        (body,) = self.desk.summaries(self._locked.piece(row), [Asked(requirement, thinned(requirement))])
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
