"""Flips into the outbox, and what time brings: the agent's side of alerts; `standing` is what holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from sqlalchemy import and_
from sqlmodel import Session, col, select

from agent import alerts
from agent.alerts.deliver import Way
from agent.alerts.occasions import Failing, Flipped, Occasion
from agent.alerts.outbox import read
from agent.assembly.app import Parts
from agent.evidence.answer import actions
from agent.evidence.flips import Flipper
from agent.evidence.report import Holding
from agent.lake.shelf import Signed
from agent.mapping import ISO_2022
from agent.model import Axis, Freshness, Outcome
from agent.store import Assessment, Attempt, Flip, Outbox


def flipper(app: Parts, now: datetime) -> Flipper:
    """Return what compares answers with the kept ones and fills the outbox with what is worth telling."""

    def stored(session: Session, flip: Flip, holding: Holding) -> None:
        occasion = alerts.from_flip(_flipped(flip, holding))
        if occasion is not None:
            put(app, session, [occasion], now)

    return Flipper(
        units=app.units, audit=app.audit(now), tz=app.config.timezone,
        held=lambda instant, session: app.held(instant, app.mapping, session),
        weigher=lambda held, conclusions: app.weigher(held, app.rules, app.mapping, conclusions=conclusions),
        vouch=Signed(app.store), stored=stored,
    )


def _flipped(flip: Flip, holding: Holding) -> Flipped:
    return Flipped(
        identity=flip.id or 0, requirement=flip.requirement, title=holding.requirement.title, scope=flip.scope,
        boundary=flip.boundary, owners=alerts.owners(holding), axis=Axis(flip.axis), before=flip.before,
        after=flip.after, at=flip.at, reason=flip.reason,
    )


def put(app: Parts, session: Session, occasions: Iterable[Occasion], now: datetime) -> int:
    """Put occasions into the outbox, each once for a route; returns how many were new."""
    new = 0
    for row in alerts.enqueue(occasions, app.config.alerts.routes, now):
        if session.exec(select(Outbox.id).where(col(Outbox.key) == row.key)).first() is None:
            session.add(row)
            new += 1
    return new


def notice(app: Parts, now: datetime) -> int:
    """Store the flips that time has brought and the conclusions that rest on new artifacts; returns how many."""
    found = flipper(app, now)
    with app.store.transaction("keep what time has changed") as session:
        flips = found.notice(session, now)
    with app.store.reading() as session:
        waiting = found.unconcluded(session, now)
    for unit, mark in waiting:
        holding = found.conclude(unit, now)
        with app.store.transaction("keep a conclusion") as session:
            flips += found.keep_conclusion(session, unit, mark, holding, now)
    return flips


def calendar(app: Parts, now: datetime) -> int:
    """Put what the calendar and the runs bring into the outbox: last chances, audits ahead, failing collectors."""
    audit = app.audit(now)
    held = app.holdings(now, audit, conclusions=False)
    todo = [one for one in actions(app.mapping, ISO_2022, held) if one.kind != "explain"] if audit else []
    occasions = [
        *alerts.never(held, _never(app), now),
        *alerts.occasions(held, [audit] if audit else [], todo, app.config.alerts.before_audit, now),
        *alerts.from_runs(_failing(app)),
    ]
    with app.store.transaction("keep what the calendar brings") as session:
        return put(app, session, occasions, now)


def _never(app: Parts) -> dict[tuple[str, str, str], datetime]:
    """Return since when each requirement in a boundary is missing that never was anything else."""
    query = select(Flip).join(Assessment, and_(
        col(Assessment.requirement) == col(Flip.requirement), col(Assessment.scope) == col(Flip.scope),
        col(Assessment.boundary) == col(Flip.boundary), col(Assessment.axis) == col(Flip.axis),
        col(Assessment.since) == col(Flip.at), col(Assessment.state) == col(Flip.after),
    )).where(col(Flip.axis) == Axis.FRESHNESS, col(Flip.before) == "", col(Flip.after) == Freshness.MISSING)
    with app.store.reading() as session:
        return {(one.requirement, one.scope, one.boundary): one.noticed_at for one in session.exec(query)}


def _failing(app: Parts) -> Iterator[Failing]:
    rules = app.rules
    for one in app.store.attempts():
        if one.outcome == Outcome.SUCCEEDED or one.scope not in {rule.name for rule in rules.scopes}:
            continue
        owner = rules.scope_owners.get(one.scope, "")
        yield Failing(
            collector=one.collector, scope=one.scope, boundary=one.boundary, region=one.region,
            failures=one.failures, at=one.at, error=_error(app, one), owners=(owner,) if owner else (),
            since=_since(app, one),
        )


def _error(app: Parts, attempt: Attempt) -> str:
    return app.store.artifact(attempt.artifact).error


def _since(app: Parts, attempt: Attempt) -> str:
    """Return what names the stretch of failures: the last run that succeeded, or that there was none."""
    found = app.store.artifacts(
        collector=attempt.collector, scope=attempt.scope, boundary=attempt.boundary, region=attempt.region,
        outcome=Outcome.SUCCEEDED, limit=1,
    )
    return found[0].id if found else "never"


def deliver(app: Parts, now: datetime, channel: alerts.Channel | None = None) -> int:
    """Send what waits; returns how many messages went out. What a route refuses stays and is tried again."""
    with app.store.reading() as session:
        waiting = [read(row) for row in session.exec(select(Outbox).where(col(Outbox.delivered_at).is_(None)))]
    if not waiting:
        return 0
    ways = [
        Way(name=route.name, address=route.to.reveal(), digest=route.digest or timedelta())
        for route in app.config.alerts.routes
    ]
    sent = alerts.deliver(waiting, ways, app.config.organization, now, *([channel] if channel else []))
    with app.store.transaction("keep what was delivered") as session:
        for one in sent:
            for row in session.exec(select(Outbox).where(col(Outbox.id).in_(one.ids))):
                row.attempts += 1
                row.delivered_at = now if one.delivered else None
                row.next_attempt, row.error = one.next_attempt, one.error
                session.add(row)
    return sum(1 for one in sent if one.delivered)
