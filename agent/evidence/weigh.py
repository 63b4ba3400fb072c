"""Weighs units: gives each what the rules need to know, and takes their three answers.

Everything comes in as values or through `Held`, which reads the store; no clock is read here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from typing import Protocol

from agent import coverage, forecast, freshness
from agent.collector import Header
from agent.evidence.owed import Unit
from agent.evidence.report import Holding
from agent.intervals import join
from agent.model import (
    KINDS,
    Audit,
    Conclusion,
    FreshnessAnswer,
    Outcome,
    Requirement,
    Schedule,
    Subjects,
    Summary,
    Window,
)
from agent.model.conclusions import ConclusionAnswer

YEAR = timedelta(days=365)
"""What event checks look back over where no audit lies ahead (design section 6)."""


class Held(Protocol):
    """What the store and the lake hold, as of the instant that it was made for."""

    def summaries(self, unit: Unit) -> Sequence[Summary]:
        """Return the artifacts of the unit's collectors in its boundary, with the instants that qualify."""

    def population(self, unit: Unit, subjects: Subjects) -> Collection[str]:
        """Return the ids of the subjects that the unit's requirement names."""

    def log_source(self, unit: Unit, requirement: Requirement) -> Sequence[Window] | None:
        """Return the spans in which the log source that `requirement` shows was on; None where nobody asks."""

    def conclude(self, unit: Unit, answer: FreshnessAnswer, period: Window, as_of: datetime) -> ConclusionAnswer:
        """Return what the checks found."""

    def locked(self, unit: Unit) -> str:
        """Return why records that the answers before asked for cannot be opened; '' where none are lacking."""

    def healthy(self, unit: Unit, collector: str) -> bool:
        """Return whether the last due run of a collector in the unit's boundary was accepted everywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weigher:
    """Weighs units at an instant; `conclusions` off leaves the checks out, where only the other axes are asked."""

    held: Held
    headers: Mapping[str, Header]
    intervals: Mapping[str, timedelta]
    requirements: Mapping[str, Requirement]
    tz: tzinfo
    owner: Callable[[Unit], str]
    conclusions: bool = True

    def weigh(self, units: Iterable[Unit], as_of: datetime, audit: Audit | None) -> list[Holding]:
        """Return a holding for each unit, with a forecast where the audit is not over."""
        listed = list(units)
        by_scope = sorted(range(len(listed)), key=lambda at: listed[at].scope)  # what is held is read scope by scope
        found = {at: self.one(listed[at], as_of, audit) for at in by_scope}
        return [found[at] for at in range(len(listed))]

    def one(self, unit: Unit, as_of: datetime, audit: Audit | None) -> Holding:
        """Return the holding of one unit."""
        requirement, summaries = unit.requirement, self.held.summaries(unit)
        population = self.held.population(unit, requirement.subjects) if requirement.subjects else ()
        enabled = self._enabled(unit)
        if locked := self.held.locked(unit):
            requirement, summaries = _by_seals(requirement, summaries)
        fresh = freshness.assess(requirement, summaries, as_of, self.tz, unit.expected, population)
        period = audit.period if audit else Window(as_of - YEAR, as_of)
        covered = coverage.assess(
            requirement, summaries, as_of, self.tz, period,
            observed_from=unit.observed_from, expected=unit.expected, population=population, enabled=enabled,
        )
        if locked:
            fresh, covered = freshness.unread(fresh, locked), coverage.unread(covered)
        ahead = None
        if audit is not None and as_of <= audit.end:
            ahead = forecast.assess(
                requirement, summaries, as_of, self.tz, audit, self._schedules(unit), unit.expected, population, covered
            )
        found = (
            self.held.conclude(unit, fresh, period, as_of)
            if self.conclusions
            else ConclusionAnswer(state=Conclusion.UNKNOWN)
        )
        return Holding(
            requirement=unit.requirement, scope=unit.scope, boundary=unit.boundary, boundary_name=unit.boundary_name,
            owner=self.owner(unit), freshness=fresh, coverage=covered, conclusion=found, forecast=ahead,
            locked=locked or found.locked,
        )

    def _schedules(self, unit: Unit) -> list[Schedule]:
        return [
            Schedule(
                every=self.intervals[name], performs=self.headers[name].performs,
                healthy=self.held.healthy(unit, name),
            )
            for name in unit.collectors
            if name in self.intervals and name in self.headers
        ]

    def _enabled(self, unit: Unit) -> Sequence[Window] | None:
        source = self.requirements.get(unit.requirement.log_source)
        return self.held.log_source(unit, source) if source is not None else None


def _by_seals(requirement: Requirement, summaries: Sequence[Summary]) -> tuple[Requirement, Sequence[Summary]]:
    """Return what is asked, and of which artifacts, where some records cannot be read.

    Whether logs fell silent is not asked then, nor is a document believed that a newer one may have ended.
    """
    ends = "valid_until" in KINDS[requirement.kind].columns
    return replace(requirement, max_silence=None), () if ends else summaries


def enabled_spans(states: Iterable[tuple[datetime, bool]], until: datetime) -> list[Window]:
    """Return the spans in which a source was on, from what each collection saw, oldest first.

    A state holds from its collection to the next one. What was before the first is not known, and is
    taken as the first one says: the windows before it were read from a source that then existed.
    """
    seen = sorted(states)
    spans = []
    for index, (at, on) in enumerate(seen):
        start = at if index else datetime.min.replace(tzinfo=until.tzinfo)
        end = seen[index + 1][0] if index + 1 < len(seen) else max(until, at)
        if on and start < end:
            spans.append(Window(start, end))
    return join(spans)


def accepted(summary: Summary, requirement: Requirement) -> bool:
    """Return whether a run may count at all: whole, or partial where the requirement allows it."""
    return summary.outcome is Outcome.SUCCEEDED or (
        requirement.partial_allowed and summary.outcome is Outcome.PARTIAL
    )
