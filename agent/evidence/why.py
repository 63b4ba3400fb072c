"""Why an axis says what it says, in one line: what a flip keeps, and alerts and people read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, tzinfo

from agent.evidence.report import Holding
from agent.model import Axis, Freshness, PeriodState

_MOST = 3
BY_FRESHNESS, NOTHING_YET = "by freshness alone", "nothing owed yet"


def why(axis: Axis, holding: Holding, tz: tzinfo) -> str:
    """Return the reason, with days in the organization's time; '' where there is nothing to say."""
    return _WHY[axis](holding, tz)


def unowed(holdings: Sequence[Holding]) -> str:
    """Return why coverage says nothing of requirements of which no period was owed yet; '' where one was (ADR 11)."""
    if any(one.coverage.owed for one in holdings):
        return ""
    alone = all(one.requirement.coverage == "latest" for one in holdings)
    return BY_FRESHNESS if alone else NOTHING_YET


def _freshness(holding: Holding, tz: tzinfo) -> str:
    answer = holding.freshness
    if answer.reason or answer.evidence_time is None or answer.stale_at is None:
        return answer.reason
    when = "stale since" if answer.state is Freshness.STALE else "stale from"
    return f"the newest evidence is of {_day(answer.evidence_time, tz)}, {when} {_day(answer.stale_at, tz)}"


def _coverage(holding: Holding, tz: tzinfo) -> str:
    answer = holding.coverage
    lost = [(one.start, one.end) for one in answer.periods if one.state is PeriodState.GAP]
    lost += [(hole.start, hole.end) for hole in answer.gaps]
    if not lost:
        return ""
    named = [f"{_day(start, tz)} to {_last(start, end, tz)}" for start, end in lost[-_MOST:]]
    more = f" and {len(lost) - _MOST} before" if len(lost) > _MOST else ""
    return f"nothing from {', '.join(named)}{more}"


def _conclusion(holding: Holding, _tz: tzinfo) -> str:
    return holding.conclusion.reason


def _day(instant: datetime, tz: tzinfo) -> str:
    return instant.astimezone(tz).date().isoformat()


def _last(start: datetime, end: datetime, tz: tzinfo) -> str:
    """Return the last day that lies in the span, which ends before `end`."""
    return _day(max(end - timedelta.resolution, start), tz)


_WHY: dict[Axis, Callable[[Holding, tzinfo], str]] = {
    Axis.FRESHNESS: _freshness, Axis.COVERAGE: _coverage, Axis.CONCLUSION: _conclusion,
}
