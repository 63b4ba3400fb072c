"""Which routes an occasion takes, and the rows that wait; one row for an occasion and a route, for ever."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Protocol

from agent import canonical
from agent.alerts.occasions import Occasion
from agent.store.tables import Outbox


class Route(Protocol):
    """What the outbox needs to know of a configured route."""

    @property
    def name(self) -> str:
        """How the route is called."""
    @property
    def on(self) -> tuple[str, ...]:
        """The conditions that it carries."""
    @property
    def owners(self) -> tuple[str, ...]:
        """Only what concerns these owners; all where empty."""
    @property
    def scopes(self) -> tuple[str, ...]:
        """Only what concerns these scopes; all where empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A message in the outbox."""

    id: int
    route: str
    condition: str
    title: str
    lines: tuple[str, ...]
    created_at: datetime
    attempts: int = 0
    next_attempt: datetime | None = None


def carries(route: Route, occasion: Occasion) -> bool:
    """Return whether a route carries an occasion; what has no scope or owner of its own concerns everybody."""
    if occasion.condition not in route.on:
        return False
    if route.scopes and occasion.scope and occasion.scope not in route.scopes:
        return False
    return not route.owners or not occasion.owners or any(
        fnmatchcase(owner, wanted) for owner in occasion.owners for wanted in route.owners
    )


def enqueue(occasions: Iterable[Occasion], routes: Iterable[Route], now: datetime) -> Iterator[Outbox]:
    """Yield a row for each occasion and each route that carries it; its key names both."""
    ways = tuple(routes)
    for occasion in occasions:
        for route in ways:
            if carries(route, occasion):
                body = {"condition": occasion.condition, "title": occasion.title, "lines": list(occasion.lines)}
                yield Outbox(
                    key=f"{route.name}/{occasion.key}", route=route.name, body=canonical.document(body), created_at=now
                )


def read(row: Outbox) -> Waiting:
    """Return the message of a row."""
    body = canonical.loads(row.body)
    return Waiting(
        id=row.id or 0, route=row.route, condition=body["condition"], title=body["title"], lines=tuple(body["lines"]),
        created_at=row.created_at, attempts=row.attempts, next_attempt=row.next_attempt,
    )
