"""What is worth a message: a flip for the worse, a last chance, an audit that draws near, a collector that fails.

Pure: flips, holdings and instants in, occasions out. Each occasion has a key; the outbox keeps one
message for a key and a route, so that a restart, a catch-up after downtime or a second look sends nothing twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from agent.calendar import last_chances
from agent.evidence.report import Action, Holding
from agent.model import Audit, Axis, Conclusion, Coverage, Freshness, PeriodState

Condition = Literal[
    "expiring", "stale", "missing", "gap", "deficient", "last_chance", "before_audit", "collector_failing"
]

FAILURES = 3
"""Runs in a row that do not succeed before a collector counts as failing; fewer are tried again in silence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """One thing to tell: `title` is one line, `lines` say what to do; `at` is when it became so."""

    key: str
    condition: Condition
    title: str
    lines: tuple[str, ...] = ()
    at: datetime
    scope: str = ""
    owners: tuple[str, ...] = ()
    """Who is concerned: the role of the requirement, and the address it resolves to."""


_FOR_THE_WORSE: dict[tuple[Axis, str], Condition] = {
    (Axis.FRESHNESS, Freshness.EXPIRING): "expiring",
    (Axis.FRESHNESS, Freshness.STALE): "stale",
    (Axis.FRESHNESS, Freshness.MISSING): "missing",
    (Axis.COVERAGE, Coverage.GAP): "gap",
    (Axis.CONCLUSION, Conclusion.DEFICIENT): "deficient",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Flipped:
    """A stored flip with the words for it; `identity` is its row, so that it is told once."""

    identity: int
    requirement: str
    title: str
    scope: str
    boundary: str
    owners: tuple[str, ...]
    axis: Axis
    before: str
    after: str
    at: datetime
    reason: str = ""


def from_flip(flip: Flipped) -> Occasion | None:
    """Return the occasion of a flip, None where it is for the better or only a first answer.

    A first answer of `missing` is how every requirement begins: `never` tells it, where it stays so.
    """
    condition = _FOR_THE_WORSE.get((flip.axis, flip.after))
    if condition is None or (not flip.before and condition in {"missing", "gap"}):
        return None
    place = flip.scope if flip.boundary in {flip.scope, ""} else f"{flip.scope} ({flip.boundary})"
    return Occasion(
        key=f"flip/{flip.identity}", condition=condition, at=flip.at, scope=flip.scope, owners=flip.owners,
        title=f"{flip.title}: {flip.after}{f', was {flip.before}' if flip.before else ''} · {place}",
        lines=tuple(line for line in (flip.reason, f"requirement {flip.requirement}") if line),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """A task key whose runs do not succeed: since which artifact, how many in a row, and why."""

    collector: str
    scope: str
    boundary: str
    region: str
    failures: int
    at: datetime
    error: str
    owners: tuple[str, ...] = ()
    since: str = ""
    """What names this stretch of failures: the instant of the last success, or that there was none."""


def from_runs(failing: Iterable[Failing]) -> Iterator[Occasion]:
    """Yield an occasion for each stretch of failures that is long enough."""
    for one in failing:
        if one.failures < FAILURES:
            continue
        where = "/".join(part for part in (one.scope, one.boundary, one.region) if part)
        yield Occasion(
            key=f"failing/{one.collector}/{where}/{one.since}", condition="collector_failing", at=one.at,
            scope=one.scope, owners=one.owners,
            title=f"Collector {one.collector} has not succeeded {one.failures} times in a row · {where}",
            lines=(one.error,) if one.error else (),
        )


def occasions(
    holdings: Iterable[Holding],
    audits: Sequence[Audit],
    actions: Sequence[Action],
    before_audit: Iterable[int],
    now: datetime,
) -> Iterator[Occasion]:
    """Yield what the calendar brings: last chances of running periods, and the days before an audit."""
    yield from _last_chances(holdings, now)
    yield from _before_audits(audits, actions, tuple(before_audit), now)


def _last_chances(holdings: Iterable[Holding], now: datetime) -> Iterator[Occasion]:
    for holding in holdings:
        for period in holding.coverage.last_chance:
            if period.state is not PeriodState.DUE:
                continue
            left = _passed(last_chances(period.start, period.end), period.end, now)
            if left is None:
                continue
            requirement, days = holding.requirement, max((period.end - now).days, 0)
            yield Occasion(
                key=f"last_chance/{requirement.id}/{holding.scope}/{holding.boundary}/{period.end.isoformat()}/{left}",
                condition="last_chance", at=period.end - timedelta(days=left), scope=holding.scope,
                owners=owners(holding),
                title=f"Last chance: {requirement.title}, nothing yet, {days} days left · {holding.scope}",
                lines=(requirement.guidance,) if requirement.guidance else (),
            )


def owners(holding: Holding) -> tuple[str, ...]:
    """Return the role and the address that act on a holding."""
    return tuple(dict.fromkeys(one for one in (holding.requirement.owner, holding.owner) if one))


def _before_audits(
    audits: Sequence[Audit], actions: Sequence[Action], days: tuple[int, ...], now: datetime
) -> Iterator[Occasion]:
    upcoming = [audit for audit in audits if audit.starts > now]
    for audit in upcoming[:1]:
        left = _passed(days, audit.starts, now)
        if left is None:
            continue
        yield Occasion(
            key=f"before_audit/{audit.name}/{audit.starts.isoformat()}/{left}", condition="before_audit",
            at=audit.starts - timedelta(days=left),
            title=f"{(audit.starts - now).days} days to the audit {audit.name}: {len(actions)} things to do",
            lines=tuple(_line(action) for action in actions),
        )


def _passed(days: Iterable[int], end: datetime, now: datetime) -> int | None:
    """Return the smallest number of days whose moment has come: after a downtime the latest one, and only that."""
    due = [left for left in days if end - timedelta(days=left) <= now < end]
    return min(due) if due else None


def _line(action: Action) -> str:
    by = f"by {action.by.date().isoformat()}" if action.by else "no longer possible"
    who = action.owner or "no owner"
    return f"{by} · {who} · {action.title} ({action.scope}): {action.why}"
