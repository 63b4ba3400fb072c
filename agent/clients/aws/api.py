"""What a collector of AWS is given as `run.client`; imports no SDK, so that reading headers stays fast."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol, TypeVar

from agent.clients.fanout import LEFT

T = TypeVar("T")
D = TypeVar("D")
Key = str | Callable[[dict[str, Any]], Iterable[Any]]
"""Finds the items in a page: a JMESPath (`@` is the page itself, as one item), or a function of the page."""


class Aws(Protocol):
    """One account and region under one witness and deadline; calls are `service.operation` as the SDK spells it."""

    @property
    def account(self) -> str:
        """Return the account number."""

    @property
    def region(self) -> str:
        """Return the region that is asked."""

    def at(self, region: str) -> Aws:
        """Return the same client for another region, under the same witness."""

    def population(self, call: str, *, key: Key, **parameters: Any) -> Iterator[Any]:
        """Yield the items that the run is about; each must be followed by a record or `run.skip(reason)`."""

    def read(self, call: str, *, key: Key, **parameters: Any) -> Iterator[Any]:
        """Yield the items of a supporting list, all pages of it."""

    def ask(self, call: str, **parameters: Any) -> dict[str, Any] | None:
        """Return one answer, None where the provider's error is declared to be an answer.

        An answer that has more pages leaves the reading unread: take `read`, or `first` to want no more.
        """

    def first(self, call: str, **parameters: Any) -> dict[str, Any] | None:
        """Return the first page of a list whose rest is not wanted (the newest one, one example)."""

    def until(
        self, call: str, done: Callable[[dict[str, Any]], bool], *, every: float = 2.0, **parameters: Any
    ) -> dict[str, Any] | None:
        """Ask again and again until `done(answer)`: for reports that the provider has to write first."""

    def each(
        self, items: Iterable[T], ask: Callable[[T], D], *, width: int = 8, unread: Any = LEFT
    ) -> Iterator[tuple[T, D]]:
        """Yield (item, ask(item)) in order, `width` asked at a time; give it a population itself, not a filter of it.

        An item whose question failed is left out and named as lacking, or comes with `unread` if that is given.
        """
