"""What a collector calls: `population`, `read`, `whole`, `ask` and `each`, all under the witness."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from agent.clients.cycle import Cycle, RepeatedError
from agent.clients.deadline import Deadline
from agent.clients.entra import answers, calls
from agent.clients.entra.failures import CAUGHT, Place, broken, code_of, throttled, translate
from agent.clients.entra.wire import ForeignError, Wire, pinned
from agent.clients.failure import CallError, InterruptedRunError
from agent.clients.fanout import LEFT, Fanout
from agent.clients.items import Items
from agent.clients.witness import Reading, Witness
from agent.collector import Api
from agent.model import Lacking

T = TypeVar("T")
D = TypeVar("D")
PATIENCE = 3
"""How often a question is asked again whose answer was broken."""
_BEHIND = (ForeignError, RepeatedError, answers.BrokenError)
"""What is wrong with the link of a page, after the page itself came in whole."""


@dataclass(frozen=True, slots=True)
class Page:
    """One answer that came in whole, and how often it was asked for in vain."""

    body: dict[str, Any]
    request: str
    retries: int


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
        page = self._one(api, self._request(api, ids, query, reading), reading)
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

    def _items(
        self, call: str, ids: tuple[str, ...], query: dict[str, Any],
        find: Callable[[dict[str, Any]], list[dict[str, Any]]], *, population: bool,
    ) -> Items:
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
        self, api: Api, ids: tuple[str, ...], query: dict[str, Any],
        find: Callable[[dict[str, Any]], list[dict[str, Any]]], reading: Reading,
    ) -> Iterator[list[dict[str, Any]]]:
        request, cycle = self._request(api, ids, query, reading), Cycle()
        while True:
            page = self._one(api, request, reading, find)
            if page is None:
                return
            items = find(page.body)
            reading.page(len(items), page.request, page.retries)
            try:
                link = answers.link(page.body)
                if link:
                    cycle.check(link)
                    pinned(link, self.wire.base)
            except (*_BEHIND, ValueError) as error:
                yield items
                raise self._failed(error, api, reading) from None
            yield items
            if not link:
                return
            request = calls.following(link)

    def _request(self, api: Api, ids: tuple[str, ...], query: dict[str, Any], reading: Reading) -> Any:
        try:
            return calls.request(self.wire.root(), api.call, ids, query)
        except CAUGHT as error:
            raise self._failed(error, api, reading) from None

    def _one(
        self, api: Api, request: Any, reading: Reading, check: Callable[[dict[str, Any]], Any] = lambda page: page,
    ) -> Page | None:
        """Return one page; None where the error is an answer."""
        deadline, attempt, renewed = self.deadline.within(self.wire.call_seconds), 0, False
        while True:
            self._wait(self.wire.throttle.turn(api.call) if self.wire.paced else 0.0, reading)
            try:
                return self._asked(api, request, check, deadline, attempt)
            except CAUGHT as error:
                code = code_of(error)
                if code and code in api.answers:
                    reading.answered(code, _request_of(error))
                    return None
                if code and not renewed and _status(error) == 401:
                    renewed = True
                    self._renew()
                    continue
                pause = self._again(error, api, attempt)
                attempt += 1
                if pause is None or deadline.left() <= pause:
                    raise self._failed(error, api, reading) from None
                self._wait(pause, reading)

    def _asked(
        self, api: Api, request: Any, check: Callable[[dict[str, Any]], Any], deadline: Deadline, attempt: int,
    ) -> Page:
        answer = self.wire.exchange(request, deadline)
        body = answers.read(answer)
        check(body)
        self.wire.throttle.answer(api.call, answer.headers)
        return Page(body, answers.request_id(answer.headers), attempt)

    def _again(self, error: Exception, api: Api, attempt: int) -> float | None:
        """Return how long to wait before asking again, None where that is no use."""
        if throttled(error):
            assert isinstance(error, answers.RefusedError)
            return self.wire.throttle.refuse(api.call, error.after, attempt)
        return self.wire.pause(attempt) if broken(error) and attempt < PATIENCE else None

    def _renew(self) -> None:
        try:
            self.wire.tokens.drop(self.wire.tokens.token())
        except CAUGHT:
            return  # the exchange that follows says why

    def _wait(self, seconds: float, reading: Reading) -> None:
        """Wait for our turn; raises `InterruptedRunError` when the agent stops or the run's time is over."""
        if 0 < seconds < self.deadline.left():
            self.wire.sleep(seconds, self.witness.stop)
        if self.witness.stop.is_set():
            raise self._interrupted("the agent was stopped", reading)
        if self.deadline.passed or seconds >= self.deadline.left():
            raise self._interrupted("the time of the run is over", reading)

    def _interrupted(self, why: str, reading: Reading) -> InterruptedRunError:
        reading.fail(Lacking(reading.call, "interrupted", f"{why} before page {reading.pages + 1}"))
        return InterruptedRunError(f"{reading.call}: {why}", advice="What came before is kept as partial")

    def _failed(self, error: Exception, api: Api, reading: Reading) -> CallError:
        page = reading.pages if isinstance(error, (ForeignError, RepeatedError)) else reading.pages + 1
        failure = translate(error, Place(api, self.tenant, page))
        if _request_of(error):
            self.witness.refused(reading, _request_of(error))
        reading.fail(failure.lacking)
        return failure


def _request_of(error: Exception) -> str:
    return error.request if isinstance(error, answers.RefusedError) else ""


def _status(error: Exception) -> int:
    return error.status if isinstance(error, answers.RefusedError) else 0
