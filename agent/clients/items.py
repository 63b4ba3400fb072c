"""Items of a list as they are handed out one by one, under the eyes of the witness."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.witness import Reading


class Items(Iterator[Any]):
    """The items of one reading; the next is handed out only after the one in hand is settled."""

    def __init__(self, pages: Iterator[list[Any]], reading: Reading) -> None:
        self.reading = reading
        self._source = self._flat(pages)

    def __next__(self) -> Any:
        self.reading.settle()
        try:
            item = next(self._source)
        except StopIteration:
            self.reading.finish()
            raise
        self.reading.hand()
        return item

    def ahead(self) -> Iterator[Any]:
        """Return the items without handing them out: whoever takes them settles, hands and finishes the reading."""
        return self._source

    def _flat(self, pages: Iterator[list[Any]]) -> Iterator[Any]:
        for page in pages:
            yield from page
