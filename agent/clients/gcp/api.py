"""What a collector of Google Cloud is given as `run.client`; imports no SDK, so that reading headers stays fast."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol, TypeVar

from agent.clients.fanout import LEFT
from agent.clients.gcp.scope import GcpScope

T = TypeVar("T")
D = TypeVar("D")
Key = str | Callable[[dict[str, Any]], Iterable[Any]]
"""Finds the items in a page: a member (`policy.bindings` looks deeper), `@` for the page itself, or a function."""


class Gcp(Protocol):
    """One project, folder or organization under one witness and deadline.

    Calls are `service.method`: an RPC as the client library spells it (`cloudasset.search_all_resources`),
    or the id that the API's discovery document gives the method (`sql.backupRuns.list`). Answers are
    dicts as Google's JSON has them, whatever the wire: members in camel case, times as text.
    """

    @property
    def scope(self) -> GcpScope:
        """Return what the configuration says of the scope."""

    @property
    def parent(self) -> str:
        """Return `projects/ID`, `folders/NUMBER` or `organizations/NUMBER`."""

    @property
    def project(self) -> str:
        """Return the id of the project, '' of a folder or an organization."""

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

    def lines(self, call: str, **parameters: Any) -> Iterator[Any]:
        """Yield the JSON objects of a stored file, one a line, as a population; it is read in pieces of one version."""

    def until(
        self, call: str, done: Callable[[dict[str, Any]], bool], **parameters: Any,
    ) -> dict[str, Any] | None:
        """Ask again and again until `done(answer)`, ever more seldom: for operations that take their time."""

    def needs(self, call: str, permission: str) -> None:
        """Raise `CallError` where a permission is not held without which a list comes back empty and says nothing."""

    def each(
        self, items: Iterable[T], ask: Callable[[T], D], *, width: int = 8, unread: Any = LEFT
    ) -> Iterator[tuple[T, D]]:
        """Yield (item, ask(item)) in order, `width` asked at a time; give it a population itself, not a filter of it.

        An item whose question failed is left out and named as lacking, or comes with `unread` if that is given.
        """
