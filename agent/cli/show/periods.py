"""The periods of an audit period as a small line: Q1 ✓  Q2 ✗ gap  Q3 ! due, 37 days left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo

from rich.text import Text

from agent.cli import words
from agent.cli.screen import Signs
from agent.model import CoverageAnswer, Period, PeriodState

MOST = 14
"""As many periods are drawn one by one; more are counted, and only the troubled ones named."""
_TROUBLED = (PeriodState.GAP, PeriodState.UNOBSERVED, PeriodState.COVERED_LATE, PeriodState.DUE)


def label(period: Period, zone: tzinfo) -> str:
    """Return how people call a period: Q1 2026, 2026-03, W12 2026, 2026-03-05."""
    first = period.start.astimezone(zone).date()
    days = (period.end.astimezone(zone).date() - first).days
    if days > 360:
        return f"{first.year}"
    if days > 170:
        return f"H{1 if first.month < 7 else 2} {first.year}"
    if days > 80:
        return f"Q{(first.month + 2) // 3} {first.year}"
    if days > 20:
        return f"{first:%Y-%m}"
    if days > 1:
        year, week, _ = first.isocalendar()
        return f"W{week:02} {year}"
    return first.isoformat()


def _runs(periods: Iterable[Period]) -> list[tuple[Period, Period]]:
    """Return the first and the last of those that follow on each other in one state."""
    found: list[tuple[Period, Period]] = []
    for one in periods:
        first, last = found[-1] if found else (None, None)
        if first and last and (last.state, last.end) == (one.state, one.start):
            found[-1] = (first, one)
        else:
            found.append((one, one))
    return found


def parts(
    coverage: CoverageAnswer, now: datetime, zone: tzinfo, signs: Signs, *, everything: bool = False
) -> list[Text]:
    """Return the periods, or for a continuous requirement its holes, each as one piece of text."""
    most = max(len(coverage.periods), len(coverage.gaps), MOST) if everything else MOST
    if coverage.gaps:
        return _holes(coverage, zone, signs, most)
    if len(coverage.periods) <= MOST:
        shown = [(period, period) for period in coverage.periods]
        counted: list[Text] = []
    else:
        shown = _runs(period for period in coverage.periods if period.state in _TROUBLED)
        counted = _counted(coverage.periods, signs)
    more = [Text(f"and {len(shown) - most:,} more")] if len(shown) > most else []
    return [*counted, *(_one(*run, now, zone, signs) for run in shown[:most]), *more]


def _one(period: Period, last: Period, now: datetime, zone: tzinfo, signs: Signs) -> Text:
    name, how = label(period, zone), words.level(period.state)
    if last is not period:
        name = f"{name} to {label(last, zone)}"
    sign = words.marked("", how, signs)
    sign.rstrip()
    if period.state is PeriodState.COVERED:
        return Text.assemble(f"{name} ", sign)
    said = words.word(period.state)
    if period.state is PeriodState.DUE:
        left = max(words.days_until(last.end, now, zone), 0)
        said = f"{said}, {words.count(left, 'day')} left"
    return Text.assemble(f"{name} ", words.marked(said, how, signs))


def _counted(periods: Sequence[Period], signs: Signs) -> list[Text]:
    counts = Counter(period.state for period in periods)
    return [
        words.marked(f"{counts[one]:,} {words.word(one)}", words.level(one), signs)
        for one in PeriodState if counts[one]
    ]


def _holes(coverage: CoverageAnswer, zone: tzinfo, signs: Signs, most: int) -> list[Text]:
    found = [
        words.marked(f"hole {words.moment(hole.start, zone)} to {words.moment(hole.end, zone)}", words.BAD, signs)
        for hole in coverage.gaps[:most]
    ]
    if len(coverage.gaps) > most:
        found.append(Text(f"and {len(coverage.gaps) - most:,} more"))
    return found
