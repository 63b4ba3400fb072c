"""What counts when: evidence points that come into force and go out of it, and the best in force.

A point is in force in [since, until): from the instant at which its artifact was recorded (or at
which the event occurred, if later) until it is voided. The rules ask for the best point at one
instant, then at later ones only, so that each artifact is looked at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from agent.calendar import NEVER
from agent.model import Expected, Outcome, Requirement, Summary


class Point(NamedTuple):
    """A piece of evidence; the greater `rank` wins."""

    rank: tuple[Any, ...]
    since: datetime
    until: datetime
    artifact: str = ""


class Slot:
    """The points of one group; `at` is asked with instants that never go back."""

    __slots__ = ("base", "brief", "later")

    def __init__(self) -> None:
        self.base: Point | None = None
        self.brief: list[Point] = []
        self.later: list[Point] = []

    def put(self, point: Point, now: datetime) -> None:
        """Keep the point, unless it was voided by `now` or a better one is in force for good."""
        if point.until != NEVER:
            if point.until > max(now, point.since):
                self.brief.append(point)
        elif point.since > now:
            self.later.append(point)
        elif self._wins(point):
            self.base = point

    def _wins(self, point: Point) -> bool:
        return self.base is None or point.rank > self.base.rank

    def settle(self) -> None:
        """Drop the points that can never win, after the last `put`."""
        self.brief = [point for point in self.brief if self._wins(point)]
        self.later = sorted(filter(self._wins, self.later), key=lambda point: point.since, reverse=True)

    def turns(self) -> Iterator[datetime]:
        """Yield the instants at which a point comes into force or goes out of it."""
        for point in self.brief:
            yield point.since
            yield point.until
        for point in self.later:
            yield point.since

    def at(self, instant: datetime) -> Point | None:
        """Return the best point in force at the instant."""
        while self.later and self.later[-1].since <= instant:
            point = self.later.pop()
            if self._wins(point):
                self.base = point
        best = self.base
        for point in self.brief:
            if point.since <= instant < point.until and (best is None or point.rank > best.rank):
                best = point
        return best


def accepted(requirement: Requirement, summaries: Iterable[Summary]) -> Iterator[Summary]:
    """Yield the summaries that can ever be evidence: complete, or partial where allowed, of its collectors.

    What a person typed or uploaded for the requirement stands beside its collectors as one more alternative.
    """
    outcomes = {Outcome.SUCCEEDED, Outcome.PARTIAL} if requirement.partial_allowed else {Outcome.SUCCEEDED}
    collectors = frozenset(requirement.collectors)
    for summary in summaries:
        if summary.outcome in outcomes and (
            not collectors or summary.collector in collectors or summary.source != "provider"
        ):
            yield summary


def in_force(expected: Iterable[Expected], instant: datetime) -> frozenset[str]:
    """Return the regions that were in force at the instant."""
    return frozenset(
        one.region for one in expected if one.since <= instant and (one.until is None or instant < one.until)
    )


def by_collector(expected: Iterable[Expected]) -> dict[str, tuple[Expected, ...]]:
    """Return the expected regions by collector."""
    found: dict[str, tuple[Expected, ...]] = {}
    for one in expected:
        found[one.collector] = (*found.get(one.collector, ()), one)
    return found


def turns_of(expected: Iterable[Expected]) -> Iterator[datetime]:
    """Yield the instants at which a region comes into force or goes out of it."""
    for one in expected:
        yield one.since
        if one.until is not None:
            yield one.until
