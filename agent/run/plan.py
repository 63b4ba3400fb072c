"""What is due: derived from the configuration, the collectors and the store, never kept beside them.

A task is due when its collector has never run there, when its interval has passed since the run
before, or when that run did not succeed and the pause after a failure is over. Runs spread over
the interval by a jitter that is a function of the task alone, so that a restart moves nothing and
a long downtime brings each task back once, not once for every run that was missed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from agent.collector import Header
from agent.model import Boundary, Outcome, Task
from agent.run.windows import tile

RETRY_FIRST = timedelta(minutes=5)
"""The pause after a first failure; it doubles with each further one, up to the interval."""

JITTER = 0.05
"""The share of the interval over which tasks are spread."""


@dataclass(frozen=True, slots=True)
class Last:
    """The newest runs of a task key: when the last one began, how it ended, how many failed in a row since."""

    at: datetime
    outcome: Outcome
    failures: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the store knows: the last run by task key, and each watermark by (collector, boundary, region)."""

    last: Mapping[str, Last]
    watermarks: Mapping[tuple[str, str, str], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    """Lists the tasks of collectors over boundaries.

    `intervals` is each enabled collector's interval; `enabled` narrows them for each scope that it names.
    """

    headers: tuple[Header, ...]
    intervals: Mapping[str, timedelta]
    enabled: Mapping[str, Collection[str]] = field(default_factory=dict)

    def tasks(self, boundaries: Iterable[Boundary], now: datetime, facts: Facts) -> Iterator[Task]:
        """Yield every task of every enabled collector, whether it is due or not."""
        for boundary in boundaries:
            for header in self.headers:
                if not self._runs(header, boundary):
                    continue
                for region in _regions(header, boundary):
                    yield from _windowed(
                        header, Task(header.id, boundary.scope, boundary.id, region), now, facts
                    )

    def _runs(self, header: Header, boundary: Boundary) -> bool:
        allowed = self.enabled.get(boundary.scope)
        return (
            header.provider == boundary.provider
            and header.id in self.intervals
            and (allowed is None or header.id in allowed)
        )

    def due(self, boundaries: Iterable[Boundary], now: datetime, facts: Facts) -> Iterator[Task]:
        """Yield the tasks whose time has come."""
        for task in self.tasks(boundaries, now, facts):
            if now >= self.due_at(task, facts, now):
                yield task

    def due_at(self, task: Task, facts: Facts, now: datetime) -> datetime:
        """Return the instant at which a task is due; one that never ran is due now.

        A last run that lies after now (the clock was set back) does not hold a task up for longer
        than its interval.
        """
        interval = self.intervals[task.collector]
        last = facts.last.get(task.key)
        if last is None:
            return now
        began = min(last.at, now)
        if last.outcome is Outcome.SUCCEEDED:
            return began + interval - jitter(task.key, interval)
        doubling = min(max(last.failures - 1, 0), 20)
        return began + min(RETRY_FIRST * (1 << doubling), interval)


def jitter(key: str, interval: timedelta) -> timedelta:
    """Return how much earlier than its interval a task runs: up to `JITTER` of it, by the key alone."""
    share = int.from_bytes(hashlib.sha256(key.encode()).digest()[:4]) / 2**32
    return interval * (JITTER * share)


def _regions(header: Header, boundary: Boundary) -> tuple[str, ...]:
    if not header.runs_in(boundary.id, organization=boundary.organization):
        return ()
    return boundary.regions or ("",) if header.per == "region" else ("",)


def _windowed(header: Header, task: Task, now: datetime, facts: Facts) -> Iterator[Task]:
    if header.windows is None:
        yield task
        return
    tiling = tile(header.windows, facts.watermarks.get((task.collector, task.boundary, task.region)), now)
    for index, window in enumerate(tiling.windows):
        yield replace(task, window=window, lost=tiling.lost if index == 0 else None)
