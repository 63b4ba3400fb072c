"""Pages that are bytes before anybody asks."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


class Strip:
    """Items as they go over the wire, with `serial` and `at` where a page puts its own; `tail` ends one with its link."""

    def __init__(
        self, items: Sequence[bytes], head: bytes, joined: bytes, tail: Callable[[str], bytes],
        serial: bytes, at: bytes, clock: Callable[[datetime], bytes],
    ) -> None:
        self._items, self._head, self._joined, self._tail = items, head, joined, tail
        self._serial, self._at, self._clock = serial, at, clock
        self._cut = functools.lru_cache(maxsize=32)(self._joined_items)

    def page(self, turn: int, size: int, wide: int, serial: str, at: datetime, onwards: str) -> bytes:
        """Return page `turn` with `size` items, where whole pages have `wide`."""
        start = turn * wide % (len(self._items) - wide + 1)
        body = self._cut(start, size).replace(self._serial, serial.encode()).replace(self._at, self._clock(at))
        return body + self._tail(onwards)

    def _joined_items(self, start: int, size: int) -> bytes:
        return self._head + self._joined.join(self._items[start : start + size])


@dataclass(frozen=True, slots=True)
class Made:
    """A list of the items numbered from `first` up to `last`, `size` a page; its name keeps its ids from other lists'."""

    strip: Strip
    name: str
    first: int
    last: int
    size: int
    start: datetime
    step: timedelta = timedelta()

    def told(self, page: int, onwards: Callable[[int], str]) -> bytes:
        """Return a page (from 1); `onwards` gives what leads to another."""
        number = self.first + (page - 1) * self.size
        left = self.last - number
        # A whole second later, for what is written in seconds would else lie before a start between two of them.
        serial, at = f"{self.name}{number:08d}", self.start + self.step * (number - self.first) + timedelta(seconds=1)
        link = onwards(page + 1) if left > self.size else ""
        return self.strip.page(page - 1, max(0, min(left, self.size)), self.size, serial, at, link)
