"""The states that call somebody and hold: as they were noticed, and as they will be at an instant that lies ahead.

Ahead nothing is known to be collected any more, as `status --as-of` and what the forecast calls held have it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Any

from sqlmodel import col, select

from agent import alerts
from agent.assembly.app import Parts
from agent.calendar import add, local_date, midnight
from agent.evidence.report import Holding
from agent.evidence.why import why
from agent.model import Audit, Axis, Conclusion, Freshness, PeriodState
from agent.store import Flip

BAD = {"expiring", "stale", "missing", "gap", "deficient"}
"""The states that call somebody."""

Place = tuple[str, str, str, str]
"""Requirement, scope, boundary, axis."""
_DAY = timedelta(days=1)
_ON_THE_WAY = {("fresh", "stale"): "expiring", ("complete", "gap"): "due"}


def standing(app: Parts, as_of: datetime, now: datetime) -> list[dict[str, Any]]:
    """Return the states that call somebody at an instant, those of the newest beginning first.

    Up to `now` those that were noticed by then, ahead of it those that follow if nothing more is collected.
    `tells` is the instant from which one is told: later than `since` for what never had evidence.
    """
    known = _noticed(app, min(as_of, now))
    found = list(known.values()) if as_of <= now else list(_ahead(app, known, as_of, now))
    held = [flip for flip in found if flip.after in BAD]
    return [
        {
            "condition": flip.after, "requirement": flip.requirement, "scope": flip.scope, "boundary": flip.boundary,
            "since": flip.at, "tells": _tells(flip), "was": flip.before or None, "reason": flip.reason or None,
        }
        for flip in sorted(held, key=lambda one: one.at, reverse=True)
    ]


def _noticed(app: Parts, as_of: datetime) -> dict[Place, Flip]:
    """Return the newest flip of each axis that was noticed by then."""
    newest: dict[Place, Flip] = {}
    with app.store.reading() as session:
        query = select(Flip).where(col(Flip.at) <= as_of, col(Flip.noticed_at) <= as_of)
        for flip in session.exec(query.order_by(col(Flip.at), col(Flip.id))):
            newest[flip.requirement, flip.scope, flip.boundary, flip.axis] = flip
    return newest


def _tells(flip: Flip) -> datetime:
    first = not flip.before and flip.after == Freshness.MISSING
    return alerts.told_from(flip.noticed_at) if first else flip.at


def _ahead(app: Parts, known: dict[Place, Flip], as_of: datetime, now: datetime) -> Iterator[Flip]:
    """Yield what holds at an instant that lies ahead: the noticed flips that go on, and those that time will bring."""
    audit = app.audit(as_of)
    span = _Span(now, as_of, audit, _turned(app, audit, as_of, now))
    for holding in app.holdings(as_of, audit):
        for axis, state in _states(holding):
            if state not in BAD:
                continue
            noticed = known.get((holding.requirement.id, holding.scope, holding.boundary, axis.value))
            yield Flip(
                requirement=holding.requirement.id, scope=holding.scope, boundary=holding.boundary, axis=axis.value,
                before=_before(noticed, state), after=str(state), at=_at(app, holding, axis, noticed, span),
                noticed_at=noticed.noticed_at if noticed else now, reason=why(axis, holding, app.config.timezone),
            )


def _before(noticed: Flip | None, state: StrEnum) -> str:
    """Return what was before a state: time alone leaves out none on the way."""
    if noticed is None:
        return ""
    return noticed.before if noticed.after == state else _ON_THE_WAY.get((noticed.after, str(state)), noticed.after)


def _states(holding: Holding) -> Iterator[tuple[Axis, StrEnum]]:
    yield Axis.FRESHNESS, holding.freshness.state
    yield Axis.COVERAGE, holding.coverage.state
    yield Axis.CONCLUSION, holding.conclusion.state


@dataclass(frozen=True, slots=True)
class _Span:
    """From now to the instant that is asked about, the audit that is next then, and since when, if not since now."""

    now: datetime
    as_of: datetime
    audit: Audit | None
    turned: datetime | None


def _turned(app: Parts, audit: Audit | None, as_of: datetime, now: datetime) -> datetime | None:
    """Return when the audit became the next one; None where it is so now."""
    if audit == app.audit(now):
        return None
    return max((one.end for one in app.dated(as_of) if one.end < as_of and one.kind != "internal"), default=now)


def _at(app: Parts, holding: Holding, axis: Axis, noticed: Flip | None, span: _Span) -> datetime:
    """Return since when a state holds: never earlier than the agent could have noticed it."""
    if noticed is None:
        return max(_since(app, holding, axis, span), span.now)
    turned = span.turned if axis is Axis.COVERAGE else None
    if noticed.after == dict(_states(holding))[axis]:
        return noticed.at if turned is None else max(_since(app, holding, axis, span), noticed.at)
    at = _since(app, holding, axis, span)
    return turned if turned and at <= span.now else max(at, noticed.at)


def _since(app: Parts, holding: Holding, axis: Axis, span: _Span) -> datetime:
    """Return when a state that is not known yet comes to be; now where it has done so unnoticed."""
    if axis is Axis.FRESHNESS:
        fresh = holding.freshness
        return {Freshness.STALE: fresh.stale_at, Freshness.EXPIRING: fresh.warn_at}.get(fresh.state) or span.now
    if axis is Axis.COVERAGE:
        return min(_lost(holding, app.config.timezone, span), default=span.now)
    return _deficient(app, holding, span)


def _lost(holding: Holding, zone: tzinfo, span: _Span) -> Iterator[datetime]:
    """Yield when each period of a holding was lost, and when each hole is held to be one."""
    yield from (one.end for one in holding.coverage.periods if one.state is PeriodState.GAP)
    for hole in holding.coverage.gaps:
        counts = add(hole.start, holding.requirement.max_age, zone)
        yield min(counts, span.audit.period.end) if span.audit else counts


def _deficient(app: Parts, holding: Holding, span: _Span) -> datetime:
    """Return the local day on which time alone turns up an exception, by halving; now where it is there already."""
    good, bad = span.now, span.as_of
    while bad - good > _DAY:
        middle = good + (bad - good) / 2
        found = app.holdings(middle, span.audit, scope=holding.scope, requirements=[holding.requirement.id])
        here = next((one for one in found if one.boundary == holding.boundary), None)
        if here is not None and here.conclusion.state is Conclusion.DEFICIENT:
            bad = middle
        else:
            good = middle
    zone = app.config.timezone
    return max(midnight(local_date(bad, zone), zone), span.now)
