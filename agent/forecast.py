"""The forecast for an audit (design section 5): what will be held on its last day, and who must act by when.

D is the end of the audit's last day. `held` is freshness at D if nothing more is collected, `planned` if every
enabled and healthy schedule succeeds from now on. What depends on people is not assumed to happen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo

from agent import freshness
from agent.calendar import add, last_chances, local_date, midnight
from agent.model import (
    WORST,
    Action,
    Audit,
    CoverageAnswer,
    Expected,
    ForecastAnswer,
    Freshness,
    Period,
    PeriodState,
    Requirement,
    Schedule,
    Summary,
    Window,
)

_WRONG = {Freshness.MISSING, Freshness.STALE}
_IN_A_ROW = {PeriodState.GAP, PeriodState.UNOBSERVED}


def assess(
    requirement: Requirement,
    summaries: Iterable[Summary],
    as_of: datetime,
    tz: tzinfo,
    audit: Audit,
    schedules: Sequence[Schedule] = (),
    expected: Iterable[Expected] = (),
    population: Collection[str] = (),
    coverage: CoverageAnswer | None = None,
) -> ForecastAnswer:
    """Return the forecast made at `as_of` with what was known then; `coverage` is the answer for its period.

    Raises `ValueError` where the audit was over at `as_of`: ask for freshness instead.
    """
    if as_of > audit.end:
        raise ValueError(f"the audit {audit.name!r} is over at {as_of.isoformat()}: ask what was fresh then")
    known = [_for_good(summary) for summary in summaries if _counts(summary, as_of)]
    regions = [replace(one, until=None if _in_force(one, as_of) else one.since) for one in expected]
    held = freshness.assess(requirement, known, audit.end, tz, regions, population)
    forecast = _Forecast(requirement, as_of, tz, audit, schedules)
    planned = forecast.planned(held.state, healthy_only=True)
    return _answer(held.state, planned, tuple(forecast.actions(held.reason, planned, coverage)))


def _answer(held: Freshness, planned: Freshness, actions: tuple[Action, ...]) -> ForecastAnswer:
    first = actions[0] if actions else Action(kind="do", why="")
    return ForecastAnswer(
        held=held,
        planned=planned,
        by=first.by,
        not_before=first.not_before,
        why=first.why,
        repair=first.kind == "repair",
        actions=actions,
    )


def _counts(summary: Summary, as_of: datetime) -> bool:
    return summary.recorded_at <= as_of and (summary.voided_at is None or summary.voided_at > as_of)


def _for_good(summary: Summary) -> Summary:
    return summary if summary.voided_at is None else replace(summary, voided_at=None)


def _in_force(one: Expected, as_of: datetime) -> bool:
    return one.since <= as_of and (one.until is None or as_of < one.until)


def _runs(periods: Iterable[Period]) -> Iterator[tuple[Period, int]]:
    """Yield the periods, those in a row that are lost or were not observed as one, and how many each is."""
    last, many = None, 0
    for one in periods:
        if last and one.state in _IN_A_ROW and (last.state, last.end) == (one.state, one.start):
            last, many = replace(last, end=one.end), many + 1
            continue
        if last:
            yield last, many
        last, many = one, 1
    if last:
        yield last, many


class _Forecast:
    """One requirement in one boundary, one audit, and the schedules that serve it."""

    def __init__(
        self, requirement: Requirement, as_of: datetime, tz: tzinfo, audit: Audit, schedules: Sequence[Schedule]
    ) -> None:
        self.requirement = requirement
        self.as_of = as_of
        self.tz = tz
        self.audit = audit
        self.reads = () if requirement.document else tuple(schedules)
        self.schedules = [one for one in self.reads if self._serves(one)]

    def _serves(self, schedule: Schedule) -> bool:
        """Return whether the schedule makes evidence by itself: it reads a state, or performs the event."""
        return schedule.performs or self.requirement.basis == "collected"

    def _every(self, *, healthy_only: bool) -> timedelta | None:
        return min((one.every for one in self.schedules if one.healthy or not healthy_only), default=None)

    def planned(self, held: Freshness, *, healthy_only: bool) -> Freshness:
        """Return freshness at D if the schedules succeed: the better of what is held and of the last due run's."""
        every = self._every(healthy_only=healthy_only)
        if every is None or self.audit.end - every < self.as_of:
            return held
        scheduled = freshness.judge(self.requirement, self.audit.end - every, self.audit.end, self.tz)
        return max(held, scheduled.state, key=WORST.__getitem__)

    def actions(self, reason: str, planned: Freshness, coverage: CoverageAnswer | None) -> Iterator[Action]:
        """Yield what a person has to do, the earliest last day first."""
        found = list(self._periods(coverage)) if coverage else []
        if planned in _WRONG:
            found.append(self._freshness(planned, reason))
        latest = self.audit.end
        yield from sorted(found, key=lambda action: (action.by is None, action.by or latest))

    def _freshness(self, planned: Freshness, reason: str) -> Action:
        if self.planned(planned, healthy_only=False) not in _WRONG:
            why = "repair the collector: its last due run was not accepted"
            return Action(kind="repair", why=why, by=self._by(self.as_of))
        why = f"{planned.value} on audit day" + (f": {reason}" if reason else "")
        early = add(self.audit.end, self.requirement.max_age, self.tz, -1)
        return Action(kind="do", why=why, by=max(self._by(early), early), not_before=early)

    def _by(self, early: datetime) -> datetime:
        """Return the last day before the audit begins; its own last day, where that is over or too early."""
        last = self._last_day(self.audit.starts)
        if local_date(last, self.tz) < max(local_date(one, self.tz) for one in (self.as_of, early)):
            last = self._last_day(self.audit.end)
        return last

    def _last_day(self, end: datetime) -> datetime:
        """Return the start of the local day that is the last before the instant."""
        return midnight(local_date(end - datetime.resolution, self.tz), self.tz)

    def _periods(self, coverage: CoverageAnswer) -> Iterator[Action]:
        for period, periods in _runs(coverage.periods):
            action = self._period(period, Window(period.start, period.end))
            if action is not None:
                yield replace(action, periods=periods)
        for hole in coverage.gaps:
            yield Action(kind="explain", why=f"no evidence {self._days(hole)}", period=hole)

    def _period(self, period: Period, span: Window) -> Action | None:
        days = self._days(span)
        if period.state is PeriodState.GAP:
            return Action(kind="explain", why=f"no evidence {days}; it cannot be repaired any more", period=span)
        if period.state is PeriodState.UNOBSERVED:
            return Action(kind="do", why=f"not observed {days}: import what there is", period=span)
        if period.state is not PeriodState.DUE or self._will_run(span, healthy_only=True):
            return None
        by = self._last_day(span.end)
        if self._will_run(span, healthy_only=False):
            return Action(kind="repair", why=f"repair the collector: nothing yet {days}", by=by, period=span)
        why = f"last chance: nothing yet {days}"
        return Action(kind="do", why=why, by=by, not_before=span.start, period=span)

    def _will_run(self, span: Window, *, healthy_only: bool) -> bool:
        """Return whether a schedule brings what a running period lacks; of one too short for a last chance, any does.

        What a day has not brought in the morning is in what is read in the evening, whoever makes it.
        """
        if not last_chances(span.start, span.end):
            return any(one.healthy or not healthy_only for one in self.reads)
        every = self._every(healthy_only=healthy_only)
        return every is not None and span.end - every >= self.as_of

    def _days(self, span: Window) -> str:
        """Return the span in local days, the last included."""
        first, last = local_date(span.start, self.tz), local_date(self._last_day(span.end), self.tz)
        return f"on {first}" if first == last else f"from {first} to {last}"
