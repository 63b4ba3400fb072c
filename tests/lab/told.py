"""What the tables of all providers share: handlers gathered by name, lists told page by page, instants as text."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, overload

if TYPE_CHECKING:
    from tests.lab.estate import Estate


class Table:
    """Functions of an estate and what the double asks with, under the names of calls: `@table.on("sql.instances.list")`."""

    def __init__(self) -> None:
        self.tellers: dict[str, Callable[..., Any]] = {}

    def on(self, *names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Register a function under the names of calls."""

        def keep(teller: Callable[..., Any]) -> Callable[..., Any]:
            self.tellers.update(dict.fromkeys(names, teller))
            return teller

        return keep

    def answers(self, estate: Estate) -> dict[str, Callable[..., Any]]:
        """Return the handlers for an estate."""
        return {name: functools.partial(teller, estate) for name, teller in self.tellers.items()}


class Paged(Sequence[Mapping[str, Any]]):
    """The pages of a list; a page is told when it is asked for. An empty list has one page."""

    most: ClassVar[int] = 1_000_000
    """The most items that any page holds, whatever is asked for."""

    def __init__(
        self, key: str, items: Sequence[Any], size: Any, tell: Callable[[Any], dict[str, Any]] = dict,
    ) -> None:
        self.key, self.items, self.size, self.tell = key, items, min(max(int(size or 100), 1), self.most), tell

    def __len__(self) -> int:
        return max(1, -(-len(self.items) // self.size))

    @overload
    def __getitem__(self, index: int) -> Mapping[str, Any]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Mapping[str, Any]]: ...
    def __getitem__(self, index: int | slice) -> Mapping[str, Any] | Sequence[Mapping[str, Any]]:
        if isinstance(index, slice):
            return [self[one] for one in range(len(self))[index]]
        if index >= len(self):
            raise IndexError(index)
        here = self.items[index * self.size : (index + 1) * self.size]
        return {self.key: [self.tell(one) for one in here]}


def stamp(at: datetime | None) -> str | None:
    """Return an instant as RFC 3339 writes it, with `Z`."""
    return None if at is None else at.isoformat().replace("+00:00", "Z")
