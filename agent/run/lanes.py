"""Which task may start next: bounds on the whole, on each scope, each region and each collector.

A lane is one (scope, boundary, region). Choosing costs a look at the head of a few lanes, not at
every waiting task, so that five hundred accounts wait as cheaply as one.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass

from agent.model import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How many tasks may run at once: in all, in one scope, in one region of a boundary, of one collector."""

    total: int = 16
    scope: int = 12
    region: int = 4
    collector: int = 8


Chain = deque[Task]
"""The windows of one task key, which run one after the other; a chain of one for all others."""


def chains(tasks: Iterable[Task]) -> list[Chain]:
    """Return the tasks grouped by key, the longest chain first; what shares a key never runs at the same time.

    A chain of many windows is read one after the other, at the pace of its source: begun last, it would
    be all that the end waits for.
    """
    by_key: dict[str, Chain] = {}
    for task in tasks:
        by_key.setdefault(task.key, deque()).append(task)
    return sorted(by_key.values(), key=len, reverse=True)


class Lanes:
    """The waiting chains; `take` hands out one that may start, `free` gives its places back."""

    def __init__(self, waiting: Iterable[Chain], bounds: Bounds) -> None:
        self._bounds = bounds
        self._running: Counter[tuple[str, ...]] = Counter()
        self._lanes: OrderedDict[str, OrderedDict[tuple[str, ...], deque[Chain]]] = OrderedDict()
        self.waiting = 0
        for chain in waiting:
            self.add(chain)

    def add(self, chain: Chain) -> None:
        """Let one more chain wait."""
        head = chain[0]
        lanes = self._lanes.setdefault(head.scope, OrderedDict())
        lanes.setdefault(("region", head.scope, head.boundary, head.region), deque()).append(chain)
        self.waiting += 1

    def take(self) -> Chain | None:
        """Return a chain that may start now and count it as running, or None."""
        if self._running[("total",)] >= self._bounds.total:
            return None
        for scope in list(self._lanes):
            if self._running[("scope", scope)] >= self._bounds.scope:
                continue
            chain = self._from_scope(scope)
            if chain is not None:
                self._lanes.move_to_end(scope)
                self._count(chain[0], 1)
                self.waiting -= 1
                return chain
        return None

    def free(self, task: Task) -> None:
        """Give back the places that the chain of this task held."""
        self._count(task, -1)

    def _from_scope(self, scope: str) -> Chain | None:
        lanes = self._lanes[scope]
        for lane, queue in lanes.items():
            if self._running[lane] >= self._bounds.region:
                continue
            chain = self._from_lane(queue)
            if chain is None:
                continue
            if queue:
                lanes.move_to_end(lane)
            else:
                del lanes[lane]
            return chain
        return None

    def _from_lane(self, lane: deque[Chain]) -> Chain | None:
        for _ in range(len(lane)):
            chain = lane.popleft()
            if self._running[("collector", chain[0].collector)] < self._bounds.collector:
                return chain
            lane.append(chain)
        return None

    def _count(self, task: Task, by: int) -> None:
        for place in (
            ("total",),
            ("scope", task.scope),
            ("region", task.scope, task.boundary, task.region),
            ("collector", task.collector),
        ):
            self._running[place] += by
