"""The patience that all runs of a scope share: a rate for each family of methods that learns from the answers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from agent.clients.pace import Bucket

RATES: dict[str, float] = {
    "cloudasset.search_all_resources": 6,
    "cloudasset.search_all_iam_policies": 6,
    "cloudasset.list_assets": 1.5,
    "logging.list_log_entries": 0.9,
    "logging": 5,
    "cloudresourcemanager": 8,
    "iam": 30,
    "sql": 3,
    "backupdr": 10,
    "gkebackup": 10,
    "orgpolicy": 8,
    "securitycenter": 4,
    "cloudkms": 5,
    "compute": 15,
    "storage": 10,
}
"""Calls a second by `service.method` or `service`, below the published default quotas; the method's own row wins."""
LEAST = 0.05
"""No family is slowed below one call in twenty seconds."""
GAIN = 1.05
"""By how much a rate grows back with each answer, up to where it began."""


@dataclass(slots=True)
class _Family:
    bucket: Bucket
    whole: float
    closed_until: float = 0.0


@dataclass(slots=True)
class Throttle:
    """The families of one scope; `waited` is the seconds that each has made callers wait."""

    clock: Callable[[], float] = time.monotonic
    waited: dict[str, float] = field(default_factory=dict)
    _families: dict[str, _Family] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def turn(self, call: str) -> float:
        """Reserve the next call of a family, and return how long to wait before making it."""
        with self._lock:
            now = self.clock()
            name, family = self._family(call)
            wait = max(family.bucket.take(now), family.closed_until - now, 0.0)
            self.waited[name] = self.waited.get(name, 0.0) + wait
            return wait

    def refused(self, call: str, pause: float) -> None:
        """Halve the rate of a family that was told to slow down, and close it for everybody for so many seconds."""
        with self._lock:
            _, family = self._family(call)
            family.bucket.rate = max(LEAST, family.bucket.rate / 2)
            family.bucket.tokens = min(family.bucket.tokens, 0.0)
            family.closed_until = max(family.closed_until, self.clock() + pause)

    def answered(self, call: str) -> None:
        """Let the rate of a family grow back."""
        with self._lock:
            _, family = self._family(call)
            family.bucket.rate = min(family.whole, family.bucket.rate * GAIN)

    def rate(self, call: str) -> float:
        """Return the calls a second that a family has now."""
        with self._lock:
            return self._family(call)[1].bucket.rate

    def _family(self, call: str) -> tuple[str, _Family]:
        service = call.partition(".")[0]
        name = call if call in RATES else service
        family = self._families.get(name)
        if family is None:
            rate = RATES.get(name, 5.0)
            family = self._families[name] = _Family(Bucket(rate, max(rate, 1.0), self.clock()), rate)
        return name, family
