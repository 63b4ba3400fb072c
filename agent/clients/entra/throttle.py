"""How fast Microsoft Graph may be asked: a budget for each family of paths that learns from the answers.

The published limits are by application and tenant, some by tenant for all applications, and some
answers that refuse name no time to come back; so the patience is ours and shared by all runs.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

PAUSE = 2.0
LONGEST_PAUSE = 60.0
"""The most that is waited where the refusal names no time."""
LEAST = 0.1
"""No family is slowed below this share of its rate."""
GAIN = 1.05
"""By how much a slowed family grows with each answer, up to where it began."""
NEAR = 0.8
"""From this share of its limit on Graph warns, and the family is slowed."""


@dataclass(frozen=True, slots=True)
class Limit:
    """Units a second and how many may come at once."""

    rate: float
    burst: float


REPORTS = Limit(0.5, 5)
PROTECTION = Limit(1, 1)
DIRECTORY = Limit(350, 700)
SECURITY = Limit(2.5, 4)
DEVICES = Limit(100, 200)
OTHER = Limit(20, 20)
FAMILIES: dict[str, tuple[str, Limit]] = {
    "audit_logs": ("reports", REPORTS),
    "reports": ("reports", REPORTS),
    "identity": ("protection", PROTECTION),
    "identity_protection": ("protection", PROTECTION),
    "security": ("security", SECURITY),
    "device_management": ("device management", DEVICES),
    **dict.fromkeys(
        ("users", "groups", "devices", "applications", "service_principals", "organization", "domains",
         "directory_roles", "oauth2_permission_grants", "subscribed_skus"),
        ("directory", DIRECTORY),
    ),
}
"""By the first word of a call: reports 5 requests in 10 s, protection 1 a second, security 150 a minute and 4 at once,
device management 2,000 in 20 s, the directory 3,500 resource units in 10 s (the smallest tenants). Governance and
policies have no published limit of their own."""
COSTS = {"groups": 3.0, "subscribed_skus": 3.0}
"""Resource units of a request to the directory where it is not two."""


@dataclass(slots=True)
class Family:
    """One budget: `share` of its limit is used now; nothing is asked before `closed_until`."""

    limit: Limit
    tokens: float
    filled: float
    share: float = 1.0
    closed_until: float = 0.0


@dataclass(slots=True)
class Throttle:
    """The families of one tenant; `waited` is how many seconds each has made callers wait, `refused` how often."""

    clock: Callable[[], float] = time.monotonic
    waited: dict[str, float] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    _families: dict[str, Family] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def turn(self, call: str) -> float:
        """Reserve the next request of a call's family, and return how long to wait before making it."""
        with self._lock:
            name, family, now = *self._family(call), self.clock()
            rate = family.limit.rate * family.share
            family.tokens = min(family.limit.burst, family.tokens + (now - family.filled) * rate) - cost(call)
            family.filled = now
            wait = max(-family.tokens / rate, family.closed_until - now, 0.0)
            self.waited[name] = self.waited.get(name, 0.0) + wait
            return wait

    def closed(self, call: str) -> float:
        """Return how long the family of a call stays closed."""
        with self._lock:
            return max(0.0, self._family(call)[1].closed_until - self.clock())

    def refuse(self, call: str, after: float | None, attempt: int) -> float:
        """Learn from a refusal, and return the pause: what the provider asks for, else one that doubles."""
        pause = min(LONGEST_PAUSE, PAUSE * 2.0**attempt) if after is None else after
        with self._lock:
            name, family = self._family(call)
            now = self.clock()
            if now >= family.closed_until:  # those refused together are one lesson
                family.share = max(LEAST, family.share / 2)
            family.closed_until = max(family.closed_until, now + pause)
            self.refused[name] = self.refused.get(name, 0) + 1
        return pause

    def answer(self, call: str, headers: Mapping[str, str]) -> None:
        """Learn from an answer: what it really cost, and how near the limit is."""
        with self._lock:
            family = self._family(call)[1]
            if family.limit is DIRECTORY:
                family.tokens -= max(0.0, _number(headers.get("x-ms-resource-unit"), cost(call)) - cost(call))
            if _number(headers.get("x-ms-throttle-limit-percentage"), 0.0) >= NEAR:
                family.share = max(LEAST, family.share / 2)
            else:
                family.share = min(1.0, family.share * GAIN)

    def _family(self, call: str) -> tuple[str, Family]:
        first = call.partition(".")[0]
        name, limit = FAMILIES.get(first, (first, OTHER))
        if name not in self._families:
            self._families[name] = Family(limit, limit.burst, self.clock())
        return name, self._families[name]


def cost(call: str) -> float:
    """Return what one request costs in the units of its family."""
    first = call.partition(".")[0]
    name, _ = FAMILIES.get(first, (first, OTHER))
    return COSTS.get(first, 2.0) if name == "directory" else 1.0


def _number(text: str | None, other: float) -> float:
    try:
        return float(text) if text else other
    except ValueError:
        return other
