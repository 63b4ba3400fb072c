"""Keeps the current answers, and stores a flip for each change, at the instant at which it came to be.

`derive` runs inside the sequencer's transaction, so that rows and their flips become visible
together; it answers freshness and coverage of the units that the new rows touch. `notice` does
the same for what time alone has changed, found by one indexed question, and concludes anew where
the artifacts under a conclusion are other ones: checks read objects, too slow for a transaction
that holds up every run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from sqlmodel import Session, col, select

from agent import assess, canonical
from agent.evidence.concluded import Concluded, looked_at, mark_of, write
from agent.evidence.held import StoreHeld
from agent.evidence.owed import Unit, Units
from agent.evidence.report import Holding
from agent.evidence.weigh import Weigher
from agent.evidence.why import why
from agent.lake.compact import Vouch
from agent.model import KINDS, Audit, Axis
from agent.store import ArtifactRow, Assessment, Flip

Stored = Callable[[Session, Flip, Holding], None]
"""Called for each new flip, in its transaction: the outbox is filled here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flipper:
    """Compares answers with those that were kept; `weigher` builds one over what is held at an instant."""

    units: Units
    audit: Audit | None
    tz: tzinfo
    held: Callable[[datetime, Session | None], StoreHeld]
    weigher: Callable[[StoreHeld, bool], Weigher]
    vouch: Vouch
    stored: Stored = lambda _session, _flip, _holding: None

    def derive(self, session: Session, rows: list[ArtifactRow]) -> None:
        """Keep the answers of every unit that the rows touch; the sequencer calls it."""
        session.flush()
        now = max(row.recorded_at for row in rows)
        touched = self.units.touched({(row.collector, row.scope, row.boundary) for row in rows})
        self._keep(session, touched, now, self.held(now, session))

    def notice(self, session: Session, now: datetime) -> int:
        """Keep the answers of every unit whose time has come, and of those never answered; returns the flips."""
        known = {
            (row.requirement, row.scope, row.boundary): row.next_change
            for row in session.exec(select(Assessment).where(col(Assessment.axis) == Axis.FRESHNESS))
        }
        passed = {
            (row.requirement, row.scope, row.boundary)
            for row in session.exec(select(Assessment).where(col(Assessment.next_change) <= now))
        }
        due = [unit for unit in self.units.all if unit.key not in known or unit.key in passed]
        return self._keep(session, due, now, self.held(now, session))

    def _keep(self, session: Session, units: Iterable[Unit], now: datetime, held: StoreHeld) -> int:
        weigher = self.weigher(held, False)
        flips = 0
        for unit in units:
            flips += self._keep_axis(session, unit, Axis.FRESHNESS, now, weigher)
            if unit.requirement.coverage != "latest":
                flips += self._keep_axis(session, unit, Axis.COVERAGE, now, weigher)
        return flips

    def _keep_axis(self, session: Session, unit: Unit, axis: Axis, now: datetime, weigher: Weigher) -> int:
        row = session.get(Assessment, (*unit.key, axis.value))
        since = now if row is None or row.next_change is None else min(row.next_change, now)
        audit = self.audit
        answers: dict[datetime, Holding] = {}

        def answer_at(instant: datetime) -> assess.Answer:
            holding = weigher.one(unit, instant, audit)
            answers[instant] = holding
            return holding.freshness if axis is Axis.FRESHNESS else holding.coverage

        changes = assess.flips(axis, row.state if row else None, answer_at, since, now)
        last = answers[max(answers)]
        for change in changes:
            self._store(session, unit, change, now, answers[change.at])
        current = last.freshness if axis is Axis.FRESHNESS else last.coverage
        kept = row or Assessment(
            requirement=unit.requirement.id, scope=unit.scope, boundary=unit.boundary, axis=axis.value,
            state=str(current.state), since=now,
        )
        kept.state, kept.next_change, kept.artifact = str(current.state), current.next_change, last.freshness.artifact
        if changes:
            kept.since = changes[-1].at
        session.add(kept)
        return len(changes)

    def unconcluded(self, session: Session, now: datetime) -> list[tuple[Unit, str]]:
        """Return the units whose artifacts are not the ones that their kept conclusion rests on, with the new mark."""
        held = self.held(now, session)
        found = []
        for unit in self.units.all:
            if not unit.requirement.checks:
                continue
            fresh = session.get(Assessment, (*unit.key, Axis.FRESHNESS.value))
            judged = [row.id for row in held.judged(unit)]
            mark = self._mark(unit, judged, fresh.state if fresh else "", now)
            row = session.get(Assessment, (*unit.key, Axis.CONCLUSION.value))
            if row is None or mark_of(row.body) != mark:
                found.append((unit, mark))
        return found

    def conclude(self, unit: Unit, now: datetime) -> Holding:
        """Return the unit's holding with its conclusion, outside of any write transaction."""
        return self.weigher(self.held(now, None), True).one(unit, now, self.audit)

    def keep_conclusion(self, session: Session, unit: Unit, mark: str, holding: Holding, now: datetime) -> int:
        """Keep a conclusion and its flip; returns how many flips."""
        row = session.get(Assessment, (*unit.key, Axis.CONCLUSION.value))
        state = str(holding.conclusion.state)
        before = row.state if row else None
        kept = row or Assessment(
            requirement=unit.requirement.id, scope=unit.scope, boundary=unit.boundary, axis=Axis.CONCLUSION.value,
            state=state, since=now,
        )
        kept.body = write(self._concluded(unit, mark, holding), self.vouch)
        kept.artifact, kept.state = holding.freshness.artifact, state
        if state != before:
            kept.since = now
            change = assess.Change(axis=Axis.CONCLUSION, before=before, after=state, at=now)
            self._store(session, unit, change, now, holding)
        session.add(kept)
        return int(state != before)

    def _concluded(self, unit: Unit, mark: str, holding: Holding) -> Concluded:
        """Return what is kept: without an audit the period moves with the clock, and only the mark is of use."""
        found, looked = holding.conclusion, ""
        if found.checks and self.audit is not None:
            looked = looked_at(unit.requirement, found.artifacts, self.audit.period)
        return Concluded(mark, looked, found.checks)

    def _mark(self, unit: Unit, artifacts: Sequence[str], freshness: str, now: datetime) -> str:
        """Return what a conclusion rests on: checks, artifacts, freshness and, for events, the period or the day."""
        period = self.audit.period if self.audit else None
        day = now.date().isoformat() if period is None and KINDS[unit.requirement.kind].event else ""
        looked = looked_at(unit.requirement, artifacts, period)
        return hashlib.sha256(canonical.document([looked, freshness, day])).hexdigest()

    def _store(self, session: Session, unit: Unit, change: assess.Change, now: datetime, holding: Holding) -> None:
        flip = Flip(
            requirement=unit.requirement.id, scope=unit.scope, boundary=unit.boundary, axis=change.axis.value,
            before=change.before or "", after=change.after, at=change.at, noticed_at=now,
            artifact=holding.freshness.artifact, reason=why(change.axis, holding, self.tz),
        )
        session.add(flip)
        session.flush()
        self.stored(session, flip, holding)
