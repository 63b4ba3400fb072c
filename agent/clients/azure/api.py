"""What a collector of Azure is given as `run.client`; imports no SDK, so that reading headers stays fast."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol, TypeVar

from agent.clients.fanout import LEFT

T = TypeVar("T")
D = TypeVar("D")
GRAPH = "resourcegraph.resources"
"""The call that asks Azure Resource Graph; it takes `query`, in the Kusto language, ordered by `id`."""


class Azure(Protocol):
    """One subscription, or the tenant or management group above it, under one witness and deadline.

    Calls are operations as Microsoft's own packages spell them (`authorization.role_assignments.list_for_subscription`
    of azure-mgmt-authorization); `agent.clients.azure.methods` has the path behind each. Parameters
    are the parts of the path by the names that it gives them (`subscriptionId` is filled in), and
    those of the query: filter, top, select, expand. Answers are dicts as Azure's JSON has them.
    """

    @property
    def subscription(self) -> str:
        """Return the GUID of the subscription, '' of a tenant or management group."""

    def population(self, call: str, **parameters: Any) -> Iterator[dict[str, Any]]:
        """Yield the items that the run is about; each must be followed by a record or `run.skip(reason)`."""

    def read(self, call: str, **parameters: Any) -> Iterator[dict[str, Any]]:
        """Yield the items of a supporting list, all pages of it."""

    def ask(self, call: str, **parameters: Any) -> dict[str, Any] | None:
        """Return one answer, None where the error is declared to be an answer."""

    def each(
        self, items: Iterable[T], ask: Callable[[T], D], *, width: int = 8, unread: Any = LEFT
    ) -> Iterator[tuple[T, D]]:
        """Yield (item, ask(item)) in order, `width` asked at a time; give it a population itself, not a filter of it.

        An item whose question failed is left out and named as lacking, or comes with `unread` if that is given.
        """
