"""How fast an API family may be asked: a budget that learns from the answers, shared by all tasks of the process.

Above every SDK, because their own patience is not enough: generated Google clients never repeat a refused
call, Graph's gives up at 180 seconds, and botocore's adaptive mode learns for one client alone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

PAUSE = 2.0
LONGEST_PAUSE = 60.0
"""The most that is waited where the refusal names no time."""
LONGEST_CLOSED = 3600.0
"""The most that a family is closed for later runs, whatever a refusal asks for: a rubbish header is no end for good."""
LEAST = 0.1
"""No family is slowed below this share of its rate."""
GAIN = 1.05
"""By how much a slowed family grows with each answer, up to where it began."""


@dataclass(frozen=True, slots=True)
class Limit:
    """Units a second and how many may come at once."""

    rate: float
    burst: float


@dataclass(slots=True)
class Family:
    """One budget: `share` of its limit is used now; nothing is asked before `closed_until`."""

    limit: Limit
    tokens: float
    filled: float
    share: float = 1.0
    closed_until: float = 0.0


@dataclass(slots=True)
class Pacing:
    """Families by name; `waited` is how many seconds each has made callers wait, `refused` how often."""

    clock: Callable[[], float] = time.monotonic
    waited: dict[str, float] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    _families: dict[str, Family] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, name: str, limit: Limit, units: float = 1.0) -> float:
        """Reserve the next request of a family, and return how long to wait before making it."""
        with self._lock:
            family, now = self.family(name, limit), self.clock()
            rate, begins = family.limit.rate * family.share, max(now, family.closed_until)
            family.tokens = min(family.limit.burst, family.tokens + (begins - family.filled) * rate) - units
            family.filled = begins  # those that wait for a closed family go out one after the other when it opens
            wait = begins - now + max(-family.tokens / rate, 0.0)
            self.waited[name] = self.waited.get(name, 0.0) + wait
            return wait

    def left(self, name: str, limit: Limit) -> float:
        """Return how long a family stays closed."""
        with self._lock:
            return max(0.0, self.family(name, limit).closed_until - self.clock())

    def slow(self, name: str, limit: Limit, after: float | None, attempt: int) -> float:
        """Learn from a refusal, and return the pause: what the provider asks for, else one that doubles."""
        pause = min(LONGEST_PAUSE, PAUSE * 2.0**attempt) if after is None else after
        with self._lock:
            family, now = self.family(name, limit), self.clock()
            if now >= family.closed_until:  # those refused together are one lesson
                family.share = max(LEAST, family.share / 2)
            family.closed_until = max(family.closed_until, now + min(pause, LONGEST_CLOSED))
            self.refused[name] = self.refused.get(name, 0) + 1
        return pause

    def learn(self, name: str, limit: Limit, *, near: bool, extra: float = 0.0, closed: float = 0.0) -> None:
        """Learn from an answer: whether its limit is `near`, what it cost beyond what was reserved, when to go on."""
        with self._lock:
            family = self.family(name, limit)
            family.tokens -= extra
            family.share = max(LEAST, family.share / 2) if near else min(1.0, family.share * GAIN)
            if closed > 0:
                family.closed_until = max(family.closed_until, self.clock() + min(closed, LONGEST_CLOSED))

    def family(self, name: str, limit: Limit) -> Family:
        """Return a family, made when it is first asked for; callers hold the lock."""
        if name not in self._families:
            self._families[name] = Family(limit, limit.burst, self.clock())
        return self._families[name]


    def families(self) -> Iterator[tuple[str, Family]]:
        """Yield every family that was asked so far, by name."""
        with self._lock:
            yield from sorted(self._families.items())


P = TypeVar("P", bound=Pacing)


@dataclass(frozen=True, slots=True)
class Told:
    """How one family fares: seconds waited, refusals, and the share of its rate that is used now."""

    provider: str
    budget: str
    family: str
    waited: float
    refused: int
    share: float


@dataclass(slots=True)
class Budgets:
    """The budgets of a process: one for each provider and whatever it counts by, whichever scope asks."""

    _budgets: dict[tuple[str, str], Pacing] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, provider: str, budget: str, make: type[P]) -> P:
        """Return the budget of a tenant, account or quota project, made when it is first asked for."""
        with self._lock:
            found = self._budgets.setdefault((provider, budget), make())
        assert isinstance(found, make), "one provider has one way to count"
        return found

    def told(self) -> Iterator[Told]:
        """Yield how every family fares that made somebody wait or refused."""
        with self._lock:
            budgets = sorted(self._budgets.items())
        for (provider, budget), pacing in budgets:
            for name, family in pacing.families():
                waited, refused = pacing.waited.get(name, 0.0), pacing.refused.get(name, 0)
                if waited > 0 or refused:
                    yield Told(provider, budget, name, waited, refused, family.share)

    def forget(self) -> None:
        """Begin anew, as a new process does."""
        with self._lock:
            self._budgets.clear()


SHARED = Budgets()
"""The budgets of this process."""


def number(text: str | None, other: float) -> float:
    """Return the number that a header holds, `other` where it holds none."""
    try:
        return float(text) if text else other
    except ValueError:
        return other


def told(date: str | None) -> datetime | None:
    """Return what time it is by an answer's `Date`, None where it tells none."""
    try:
        return parsedate_to_datetime(date).astimezone(UTC) if date else None
    except (TypeError, ValueError):
        return None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that an answer asks for: a number, or an instant by the provider's own clock."""
    said = headers.get("retry-after")
    if said and said.strip().isdigit():
        return float(said)
    until, now = told(said), told(headers.get("date")) or datetime.now(UTC)
    return None if until is None else max(0.0, (until - now).total_seconds())
