"""A bounded fan-out: one more question about each of many items, asked side by side, answered in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from agent.clients.failure import CallError
from agent.clients.items import Items

T = TypeVar("T")
D = TypeVar("D")


class _Left:
    """Stands for 'leave the item out'."""


LEFT = _Left()


@dataclass(slots=True)
class Fanout(Generic[T, D]):
    """Questions that are being asked; never more than `width` answers are held."""

    items: Iterable[T]
    ask: Callable[[T], D]
    width: int
    unread: Any = LEFT
    _waiting: deque[tuple[T, Future[D]]] = field(default_factory=deque)
    _failure: CallError | None = None

    def __iter__(self) -> Iterator[tuple[T, D]]:
        """Yield (item, answer) in the order of the items."""
        ahead = self.items.ahead() if isinstance(self.items, Items) else iter(self.items)
        with ThreadPoolExecutor(max_workers=self.width, thread_name_prefix="annexa-each") as pool:
            try:
                more = True
                while more or self._waiting:
                    while more and len(self._waiting) < self.width:
                        more = self._begin(ahead, pool)
                    if self._waiting:
                        yield from self._hand(*self._waiting.popleft())
            finally:
                for _, future in self._waiting:
                    future.cancel()
        if self._failure is not None:
            raise self._failure
        if isinstance(self.items, Items):
            self.items.reading.finish()

    def _begin(self, ahead: Iterator[T], pool: ThreadPoolExecutor) -> bool:
        """Ask about the next item; False after the last, and after a page that failed, which is raised at the end."""
        try:
            item = next(ahead)
        except StopIteration:
            return False
        except CallError as failure:
            self._failure = failure
            return False
        self._waiting.append((item, pool.submit(self.ask, item)))
        return True

    def _hand(self, item: T, future: Future[D]) -> Iterator[tuple[T, D]]:
        reading = self.items.reading if isinstance(self.items, Items) else None
        if reading:
            reading.settle()
        try:
            answer = future.result()
        except CallError:  # written down by the witness when it was raised
            if self.unread is LEFT:
                return
            answer = self.unread
        if reading:
            reading.hand()
        yield item, answer
