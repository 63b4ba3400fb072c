"""Which objects are past their retention: those that no hold covers and no artifact needs that is younger."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from sqlmodel import col, select

from agent.calendar import NEVER, add
from agent.model import Duration
from agent.store.acts import SCOPE
from agent.store.catalog import Catalog
from agent.store.keeping import Keeping
from agent.store.tables import ArtifactRow

PAGE = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Doomed:
    """An object that may go: its path and digest, the artifacts that named it, since when it is past its retention."""

    path: str
    digest: str
    kind: str
    scope: str
    retention: str
    since: datetime
    stored_size: int
    artifacts: tuple[str, ...]


@dataclass(slots=True)
class Due:
    """What a run of the retention would delete, and what it would leave: holds by artifact."""

    doomed: list[Doomed] = field(default_factory=list)
    held: dict[str, tuple[str, ...]] = field(default_factory=dict)
    locked: dict[str, datetime] = field(default_factory=dict)
    """Objects that are past their retention, and locked by the store until an instant."""


def due(store: Keeping, retention: Callable[[str], Duration | None], now: datetime, tz: tzinfo) -> Due:
    """Return what is past its retention at an instant; the age counts from when an artifact was recorded."""
    holds: dict[str, list[str]] = {}
    for act in store.holds():
        holds.setdefault(act.subject, []).append(act.name)
    young: set[str] = set()
    old: dict[str, list[tuple[datetime, Duration, ArtifactRow]]] = {}
    for row in _living(store.catalog):
        kept = retention(row.kind)
        until = add(row.recorded_at, kept, tz) if kept else NEVER
        if kept is None or until > now:
            young.add(row.path)
        else:
            old.setdefault(row.path, []).append((until, kept, row))
    found = Due()
    for path, some in sorted(old.items(), key=lambda pair: pair[1][0][2].leaf):
        if path in young:
            continue
        covering = {
            row.id: names for _until, _kept, row in some
            if (names := (*holds.get(row.id, ()), *holds.get(SCOPE + row.scope, ())))
        }
        if covering:
            found.held |= covering
        elif (locked := store.objects.locked_until(path)) is not None and locked > now:
            found.locked[path] = locked
        else:
            found.doomed.append(_doomed(some))
    return found


def _doomed(some: list[tuple[datetime, Duration, ArtifactRow]]) -> Doomed:
    """Return the object of artifacts that are all past theirs; the shortest retention of them is the one told."""
    until = max(one[0] for one in some)
    _until, kept, row = min(some, key=lambda one: one[0] - one[2].recorded_at)
    return Doomed(
        path=row.path, digest=row.object, kind=row.kind, scope=row.scope, retention=kept.text, since=until,
        stored_size=row.stored_size, artifacts=tuple(one[2].id for one in some),
    )


def _living(catalog: Catalog) -> Iterator[ArtifactRow]:
    after = -1
    while True:
        with catalog.read() as session:
            query = select(ArtifactRow).where(col(ArtifactRow.leaf) > after, col(ArtifactRow.deleted_at).is_(None))
            rows = session.exec(query.order_by(col(ArtifactRow.leaf)).limit(PAGE)).all()
        if not rows:
            return
        yield from rows
        after = rows[-1].leaf
