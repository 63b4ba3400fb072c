"""Which artifacts a population is made of, and what is lacking of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from agent.assembly.app import Parts
from agent.errors import ConfigurationError
from agent.evidence.owed import document_collector
from agent.intervals import holes, join
from agent.lake.population import Wanted
from agent.mapping.fields import nearest
from agent.model import KINDS, Duration, Outcome, Requirement, Window
from agent.store import ArtifactRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A population as an auditor asks for it."""

    requirement: str
    scopes: tuple[str, ...] = ()
    period: Window
    where: str = ""
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Chosen:
    """The artifacts of a population, and what a person must know of their completeness."""

    wanted: Wanted
    artifacts: tuple[str, ...]
    collectors: tuple[str, ...]
    completeness: dict[str, Any]


def requirement(app: Parts, name: str) -> Requirement:
    """Return a requirement by its id; raises `ConfigurationError` with the nearest one where there is none."""
    found = app.mapping.requirements.get(name)
    if found is None:
        raise ConfigurationError(f"there is no requirement {name!r}",
                                 advice=nearest(name, app.mapping.requirements) or "annexa controls lists them")
    return found


def collectors_of(found: Requirement) -> tuple[str, ...]:
    """Return every collector whose runs may serve a requirement, that of its documents included."""
    return (*found.collectors, *((document_collector(found.id),) if found.document else ()))


def accepted(app: Parts, found: Requirement, as_of: datetime) -> list[ArtifactRow]:
    """Return the artifacts of a requirement that were recorded, accepted and not voided at an instant.

    Those whose records went since are among them.
    """
    collectors = collectors_of(found)
    return [row for row in app.store.artifacts(kind=found.kind, as_of=as_of, voided=False)
            if row.collector in collectors and row.outcome in outcomes(found)]


def outcomes(found: Requirement) -> frozenset[str]:
    """Return how a run must have ended to be accepted."""
    return frozenset({Outcome.SUCCEEDED, *((Outcome.PARTIAL,) if found.partial_allowed else ())})


def choose(app: Parts, asked: Asked, by: str = "") -> Chosen:
    """Return the accepted artifacts of a requirement, its scopes and its period, as they were known at `as_of`."""
    found = requirement(app, asked.requirement)
    collectors = collectors_of(found)
    rows = [
        row for row in app.store.artifacts(kind=found.kind, as_of=asked.as_of, deleted=False)
        if row.collector in collectors and row.scope in (asked.scopes or (row.scope,)) and in_period(row, asked.period)
    ]
    good = [row for row in rows if row.outcome in outcomes(found) and not _voided(row, asked.as_of)]
    wanted = Wanted(
        kind=found.kind, pieces=[app.shelf.piece(row) for row in good], period=asked.period, as_of=asked.as_of,
        where=asked.where, by=by,
    )
    return Chosen(wanted, tuple(row.id for row in good), collectors,
                  completeness(found, rows, good, asked, _places(app, found, asked)))


def in_period(row: ArtifactRow, period: Window) -> bool:
    """Return whether an artifact can tell of the period: a state was read in it, an event may be read later."""
    if KINDS[row.kind].event:
        return row.finished_at >= period.start
    return period.start <= row.collected_at < period.end


def _voided(row: ArtifactRow, as_of: datetime) -> bool:
    return row.voided_at is not None and row.voided_at <= as_of


Place = tuple[str, str, str]
_SETTLING = timedelta(days=1)


def _places(app: Parts, found: Requirement, asked: Asked) -> set[Place]:
    """Return the scope, boundary and region of each place that owes the requirement now."""
    places: set[Place] = set()
    for unit in app.units.all:
        if unit.requirement.id == found.id and unit.scope in (asked.scopes or (unit.scope,)):
            regions = {one.region for one in unit.expected if one.since < asked.period.end
                       and (one.until is None or one.until > asked.period.start)}
            places |= {(unit.scope, unit.boundary, region) for region in regions or {""}}
    return places


def completeness(
    found: Requirement, rows: Sequence[ArtifactRow], good: Sequence[ArtifactRow], asked: Asked, owed: set[Place]
) -> dict[str, Any]:
    """Return what is lacking: runs that were not accepted, places never read, and spans without evidence."""
    kept = {row.id for row in good}
    lacking = [
        {"artifact": row.id, "why": "voided" if _voided(row, asked.as_of) else row.outcome, "scope": row.scope,
         "boundary": row.boundary, "region": row.region, "collected_at": row.collected_at, "error": row.error or None}
        for row in rows if row.id not in kept and (not KINDS[row.kind].event or row.collected_at < asked.period.end)
    ]
    by_place: dict[Place, list[ArtifactRow]] = defaultdict(list)
    for row in good:
        by_place[row.scope, row.boundary, row.region].append(row)
    read = {(scope, boundary) for scope, boundary, _ in by_place}
    unread = [place for place in sorted(owed) if place not in by_place and (place[2] or place[:2] not in read)]
    spans = [hole for place in sorted(by_place) for hole in _spans(place, by_place[place], found, asked)]
    return {
        "complete": not (lacking or unread or spans), "accepted_runs": len(good), "not_accepted": lacking,
        "never_read": [dict(zip(("scope", "boundary", "region"), place, strict=True)) for place in unread],
        "missing": spans,
    }


def _spans(
    place: Place, rows: Sequence[ArtifactRow], found: Requirement, asked: Asked
) -> Iterator[dict[str, Any]]:
    """Yield the spans of the period, up to `as_of`, of which nothing tells at a place."""
    period = Window(asked.period.start, min(asked.period.end, asked.as_of))
    if period.start >= period.end or found.document:
        return
    for hole in _holes(rows, period, _length(found.cadence)):
        yield {"scope": place[0], "boundary": place[1], "region": place[2], "from": hole.start, "to": hole.end}


def _holes(rows: Iterable[ArtifactRow], period: Window, step: timedelta) -> list[Window]:
    """Return the holes: between windows where runs have them, else stretches longer than the cadence."""
    windows = [Window(row.window_start, row.window_end) for row in rows if row.window_start and row.window_end]
    if windows:
        found = holes(join(windows), period)
        # What a source has not settled yet is the next run's.
        return [one for one in found if one.end < period.end or one.end - one.start > _SETTLING]
    times = sorted(row.collected_at for row in rows)
    covered = [Window(at, at + step) for at in times] + [Window(at - step, at) for at in times[:1]]
    return holes(join(covered), period)


def _length(cadence: Duration) -> timedelta:
    return timedelta(days=31 * cadence.months) + cadence.exact
