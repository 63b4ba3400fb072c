"""How long something may still take; a thread cannot be killed, so everything that waits asks first."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Deadline:
    """An instant of a monotonic clock, in seconds."""

    ends: float
    clock: Clock = time.monotonic

    @classmethod
    def after(cls, seconds: float, clock: Clock = time.monotonic) -> Deadline:
        """Return the deadline that many seconds from now."""
        return cls(clock() + seconds, clock)

    def left(self) -> float:
        """Return the seconds that remain, never below 0."""
        return max(0.0, self.ends - self.clock())

    @property
    def passed(self) -> bool:
        """Return whether nothing remains."""
        return self.clock() >= self.ends

    def within(self, seconds: float) -> Deadline:
        """Return the earlier of this deadline and that many seconds from now."""
        return Deadline(min(self.ends, self.clock() + seconds), self.clock)
