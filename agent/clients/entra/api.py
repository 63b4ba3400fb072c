"""What a collector of Entra is given as `run.client`; imports no SDK, so that reading headers stays fast."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol, TypeVar

from agent.clients.fanout import LEFT

T = TypeVar("T")
D = TypeVar("D")


class Graph(Protocol):
    """One tenant under one witness and deadline.

    Calls are paths of Microsoft Graph v1.0 as the SDK spells them, with `item` for each id:
    `identity_governance.access_reviews.definitions.item.instances`; the ids follow the call. `query`
    are the SDK's query parameters: select and expand (lists), filter, orderby, top, count, search.
    """

    @property
    def tenant(self) -> str:
        """Return the tenant's GUID."""

    def population(self, call: str, *ids: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Yield the items that the run is about; each must be followed by a record or `run.skip(reason)`."""

    def read(self, call: str, *ids: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Yield the items of a supporting list, all pages of it."""

    def whole(self, call: str, *ids: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Yield the one thing that the run is about, or nothing where the error is declared to be an answer."""

    def ask(self, call: str, *ids: str, **query: Any) -> dict[str, Any] | None:
        """Return one answer, None where the error is declared to be an answer."""

    def each(
        self, items: Iterable[T], ask: Callable[[T], D], *, width: int = 8, unread: Any = LEFT
    ) -> Iterator[tuple[T, D]]:
        """Yield (item, ask(item)) in order, `width` asked at a time; give it a population itself, not a filter of it.

        An item whose question failed is left out and named as lacking, or comes with `unread` if that is given.
        """

    def lists(
        self, call: str, items: Iterable[T], ids: Callable[[T], tuple[str, ...]],
        query: Callable[[T], dict[str, Any]] = lambda _: {}, *, population: bool = False,
    ) -> Iterator[tuple[T, Iterator[dict[str, Any]]]]:
        """Yield (item, the items of a list of its own) in order, twenty lists asked for in one request.

        `population`: the run is about what is in the lists. A list that failed is named as lacking: its
        item is left out where nothing of it came, else the list ends early. Read each list to its end.
        """
