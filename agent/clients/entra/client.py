"""What a collector calls: `population`, `read`, `whole`, `ask`, `each` and `lists`, all under the witness."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from agent.clients.deadline import Deadline
from agent.clients.entra import answers
from agent.clients.entra.asking import Asker, Find
from agent.clients.entra.batch import Lists
from agent.clients.entra.wire import Wire
from agent.clients.fanout import LEFT, Fanout
from agent.clients.items import Items
from agent.clients.witness import Reading, Witness
from agent.collector import Api

T = TypeVar("T")
D = TypeVar("D")


@dataclass(frozen=True, slots=True)
class EntraClient:
    """The client of one run: one tenant, one witness, one deadline."""

    wire: Wire
    tenant: str
    witness: Witness
    deadline: Deadline

    def population(self, call: str, *ids: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Yield the items that the run is about; each must be followed by a record or `run.skip(reason)`."""
        return self._items(call, ids, query, answers.items, population=True)

    def read(self, call: str, *ids: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Yield the items of a supporting list, all pages of it."""
        return self._items(call, ids, query, answers.items, population=False)

    def whole(self, call: str, *ids: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Yield the one thing that the run is about, or nothing where the error is declared to be an answer."""
        return self._items(call, ids, query, lambda page: [page], population=True)

    def ask(self, call: str, *ids: str, **query: Any) -> dict[str, Any] | None:
        """Return one answer, None where the error is declared to be an answer.

        An answer that has more pages leaves the reading unread: take `read`.
        """
        api, reading = self._begin(call, ids, query, population=False)
        asker = self._asker
        page = asker.one(asker.first(api, ids, query, reading))
        if page is None:
            return None
        reading.page(1, page.request, page.retries)
        if not page.body.get(answers.LINK):
            reading.finish()
        return page.body

    def each(
        self, items: Iterable[T], ask: Callable[[T], D], *, width: int = 8, unread: Any = LEFT,
    ) -> Iterator[tuple[T, D]]:
        """Yield (item, ask(item)) in order, `width` asked at a time; give it a population itself, not a filter of it.

        An item whose question failed is left out and named as lacking, or comes with `unread` if that is given.
        """
        return iter(Fanout(items, ask, width, unread))

    def lists(
        self, call: str, items: Iterable[T], ids: Callable[[T], tuple[str, ...]],
        query: Callable[[T], dict[str, Any]] = lambda _: {}, *, population: bool = False,
    ) -> Iterator[tuple[T, Iterator[dict[str, Any]]]]:
        """Yield (item, the items of a list of its own) in order, twenty lists asked for in one request.

        `population`: the run is about what is in the lists. A list that failed is named as lacking: its
        item is left out where nothing of it came, else the list ends early. Read each list to its end.
        """
        def begin(item: T) -> tuple[Api, Reading]:
            return self._begin(call, ids(item), query(item), population=population)

        return iter(Lists(self._asker, items, ids, query, begin))

    @property
    def _asker(self) -> Asker:
        return Asker(self.wire, self.tenant, self.witness, self.deadline)

    def _items(self, call: str, ids: tuple[str, ...], query: dict[str, Any], find: Find, *, population: bool) -> Items:
        api, reading = self._begin(call, ids, query, population=population)
        return Items(self._pages(api, ids, query, find, reading), reading)

    def _begin(
        self, call: str, ids: tuple[str, ...], query: dict[str, Any], *, population: bool,
    ) -> tuple[Api, Reading]:
        api = self.witness.header.api(call)
        if api is None:
            raise self.witness.undeclared(call)
        parameters = {**({"ids": list(ids)} if ids else {}), **query}
        return api, self.witness.begin(call, "", parameters, population=population)

    def _pages(
        self, api: Api, ids: tuple[str, ...], query: dict[str, Any], find: Find, reading: Reading,
    ) -> Iterator[list[dict[str, Any]]]:
        asker = self._asker
        page = asker.one(asker.first(api, ids, query, reading), find)
        yield from asker.following(api, page, find, reading)
