"""Coverage of an audit period (design section 5): whether each period has its evidence, or logs have holes.

`latest` asks for nothing here; `each_period` is judged below, `continuous` in `agent.continuity`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from math import ceil

from agent.calendar import NEVER, periods
from agent.continuity import continuous
from agent.model import (
    Coverage,
    CoverageAnswer,
    Expected,
    Period,
    PeriodState,
    Requirement,
    Summary,
    Window,
    worst,
)
from agent.timeline import Point, Slot, accepted, by_collector, in_force, turns_of

_ON_TIME, _LATE, _NOTHING = 2, 1, 0
_VERDICT = {
    PeriodState.GAP: Coverage.GAP,
    PeriodState.COVERED_LATE: Coverage.LATE,
    PeriodState.DUE: Coverage.DUE,
    PeriodState.UNOBSERVED: Coverage.DUE,  # an import can still fill it: neither complete nor lost
}
_NOT_OWED = frozenset({PeriodState.UPCOMING, PeriodState.OPTIONAL})


def assess(
    requirement: Requirement,
    summaries: Iterable[Summary],
    as_of: datetime,
    tz: tzinfo,
    audit_period: Window,
    observed_from: datetime | None = None,
    expected: Iterable[Expected] = (),
    population: Collection[str] = (),
    enabled: Sequence[Window] | None = None,
) -> CoverageAnswer:
    """Return coverage of the audit period at `as_of`, from the summaries of one requirement in one boundary.

    `observed_from` is when the scope was connected; `enabled` are the spans in which the log source was on
    (None: nobody asks). `next_change` is the next instant at which this same call would answer otherwise,
    the growing end of an open hole apart.
    """
    if requirement.coverage == "latest":
        return CoverageAnswer(state=Coverage.COMPLETE)
    if requirement.coverage == "continuous":
        return continuous(requirement, summaries, as_of, tz, audit_period, tuple(expected), enabled)
    return _Calendar(requirement, as_of, tz, audit_period, observed_from, tuple(expected), frozenset(population)).judge(
        summaries
    )


def unread(answer: CoverageAnswer) -> CoverageAnswer:
    """Return coverage where records could not be read: what seems lost may not be, and logs may have been silent."""
    if not answer.owed:
        return answer
    found = tuple(replace(one, state=PeriodState.UNOBSERVED) if one.state is PeriodState.GAP else one
                  for one in answer.periods)
    best = Coverage.COMPLETE if found else Coverage.DUE
    known = [Coverage.GAP] if answer.gaps else [_VERDICT[one.state] for one in found if one.state in _VERDICT]
    return replace(answer, periods=found, state=worst(known, best))


class _Calendar:
    """The periods of an audit period and the evidence in each, by collector and group."""

    def __init__(
        self,
        requirement: Requirement,
        now: datetime,
        tz: tzinfo,
        audit_period: Window,
        observed_from: datetime | None,
        expected: tuple[Expected, ...],
        population: frozenset[str],
    ) -> None:
        self.requirement = requirement
        self.now = now
        self.audit_end = audit_period.end
        self.observed_from = observed_from
        self.population = population
        self.expected = by_collector(expected)
        self.spans = periods(requirement.cadence, tz, audit_period.start, audit_period.end)
        self.starts = [span.start for span in self.spans]
        self.cells: list[dict[str, dict[str, Slot]]] = [{} for _ in self.spans]
        self.seen: dict[str, dict[str, Slot]] = {}

    def judge(self, summaries: Iterable[Summary]) -> CoverageAnswer:
        """Return the answer at `now` with its next change."""
        for summary in accepted(self.requirement, summaries):
            self._put(summary)
        for groups in (groups for cell in (self.seen, *self.cells) for groups in cell.values()):
            for slot in groups.values():
                slot.settle()
        turns = self._turns()
        found = tuple(self._period(index, self.now) for index in range(len(self.spans)))
        answer = CoverageAnswer(
            state=worst((_VERDICT[period.state] for period in found if period.state in _VERDICT), Coverage.COMPLETE),
            owed=sum(period.state not in _NOT_OWED for period in found),
            periods=found,
            last_chance=tuple(period for period in found if period.state is PeriodState.DUE),
        )
        for turn in sorted(turns):
            if any(self._period(index, turn) != found[index] for index in sorted(turns[turn])):
                return replace(answer, next_change=turn)
        return answer

    def _turns(self) -> dict[datetime, set[int]]:
        """Return the later instants at which a period may change, with the periods in question."""
        turns: dict[datetime, set[int]] = {}
        regions = [turn for group in self.expected.values() for turn in turns_of(group)]
        regions += [turn for groups in self.seen.values() for slot in groups.values() for turn in slot.turns()]
        for index, span in enumerate(self.spans):
            slots = (slot for groups in self.cells[index].values() for slot in groups.values())
            for turn in (span.start, span.end, *regions, *(turn for slot in slots for turn in slot.turns())):
                if turn > self.now:
                    turns.setdefault(turn, set()).add(index)
        return turns

    def _put(self, summary: Summary) -> None:
        until = summary.voided_at or NEVER
        seen = self.seen.setdefault(summary.collector, {}).setdefault(summary.region, Slot())
        seen.put(Point((), summary.recorded_at, until), self.now)
        for group, time in self._times(summary):
            index = bisect_right(self.starts, time) - 1
            if index < 0 or time >= self.spans[index].end:
                continue
            late = summary.source != "provider" and summary.collected_at >= self.spans[index].end
            slot = self.cells[index].setdefault(summary.collector, {}).setdefault(group, Slot())
            slot.put(Point((_LATE if late else _ON_TIME,), max(summary.recorded_at, time), until), self.now)

    def _times(self, summary: Summary) -> Iterator[tuple[str, datetime]]:
        collected = self.requirement.basis == "collected"
        if self.requirement.subjects is not None:
            for subject in self.population & summary.by_subject.keys():
                times = (summary.collected_at,) if collected else self._firsts(summary.by_subject[subject])
                yield from ((subject, time) for time in times)
        elif collected:
            yield summary.region, summary.collected_at
        else:
            yield from (("", time) for time in self._firsts(summary.instants))

    def _firsts(self, times: Sequence[datetime]) -> Iterator[datetime]:
        """Yield the first of the sorted times in each period: later ones in it can cover nothing that it does not."""
        if not self.spans:
            return
        at, end = bisect_left(times, self.starts[0]), bisect_left(times, self.spans[-1].end)
        while at < end:
            yield times[at]
            following = self.spans[bisect_right(self.starts, times[at]) - 1].end
            at = bisect_left(times, following, at + 1)

    def _period(self, index: int, instant: datetime) -> Period:
        span = self.spans[index]
        return Period(span.start, span.end, self._state(index, span, instant))

    def _state(self, index: int, span: Window, instant: datetime) -> PeriodState:
        if span.end > self.audit_end:
            return PeriodState.OPTIONAL
        level = max([_NOTHING, *(self._level(index, collector, instant) for collector in self.seen)])
        if level:
            return PeriodState.COVERED if level == _ON_TIME else PeriodState.COVERED_LATE
        if span.end <= instant:
            unobserved = self.observed_from is not None and span.end <= self.observed_from
            return PeriodState.UNOBSERVED if unobserved else PeriodState.GAP
        return PeriodState.DUE if span.start <= instant else PeriodState.UPCOMING

    def _level(self, index: int, collector: str, instant: datetime) -> int:
        """Return how well a collector covers the period: the worst of what must be covered in it."""
        slots = self.cells[index].get(collector, {})
        points = {group: slot.at(instant) for group, slot in slots.items()}
        levels: dict[str, int] = {group: point.rank[0] for group, point in points.items() if point is not None}
        if self.requirement.subjects is not None:
            needed = max(1, ceil(self.requirement.subjects.share * len(self.population)))
            return sorted(levels.values(), reverse=True)[needed - 1] if len(levels) >= needed else _NOTHING
        if self.requirement.basis == "occurred":
            return levels.get("", _NOTHING)
        return min((levels.get(region, _NOTHING) for region in self._regions(index, collector, instant)), default=0)

    def _regions(self, index: int, collector: str, instant: datetime) -> Collection[str]:
        """Return the regions that owe the period: those in force at its last instant, or now while it runs."""
        if collector not in self.expected:
            return [region for region, slot in self.seen[collector].items() if slot.at(instant)]
        return in_force(self.expected[collector], min(instant, self.spans[index].end - datetime.resolution))
