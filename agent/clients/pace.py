"""Token buckets: how many calls a second a provider takes, kept on our side of the wire."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

Wait = Callable[[float], None]


@dataclass(slots=True)
class Bucket:
    """Holds up to a second's worth of calls and refills at `rate` a second."""

    rate: float
    tokens: float
    filled: float

    def take(self, now: float) -> float:
        """Take one call, and return how long to wait before making it."""
        room = max(self.rate, 1.0)
        self.tokens = min(room, self.tokens + (now - self.filled) * self.rate) - 1.0
        self.filled = now
        return 0.0 if self.tokens >= 0 else -self.tokens / self.rate


@dataclass(slots=True)
class Pace:
    """The buckets of one process, each under the key that the provider counts by."""

    clock: Callable[[], float] = time.monotonic
    _buckets: dict[tuple[str, ...], Bucket] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, key: tuple[str, ...], rate: float) -> float:
        """Reserve the next call under the key, and return how long to wait before making it."""
        with self._lock:
            now = self.clock()
            bucket = self._buckets.get(key)
            if bucket is None:
                bucket = self._buckets[key] = Bucket(rate, max(rate, 1.0), now)
            return bucket.take(now)
