"""What a collector calls: `population`, `read`, `ask` and `each`, all under the witness."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from agent.clients.azure import answers
from agent.clients.azure.answers import ForeignError, RefusedError
from agent.clients.azure.failures import CAUGHT, Place, broken, code_of, throttled, translate
from agent.clients.azure.methods import PAGE, Asked, Method, asked
from agent.clients.azure.operations import METHODS
from agent.clients.azure.scope import GROUPS, TENANTS
from agent.clients.azure.wire import Wire, pinned
from agent.clients.cycle import Cycle, RepeatedError
from agent.clients.deadline import Deadline
from agent.clients.failure import CallError
from agent.clients.fanout import LEFT, Fanout
from agent.clients.items import Items
from agent.clients.patience import wait
from agent.clients.text import plain
from agent.clients.witness import Reading, Witness
from agent.collector import Api
from agent.model import Lacking

T = TypeVar("T")
D = TypeVar("D")
Find = Callable[[Method, dict[str, Any]], list[dict[str, Any]]]
PATIENCE = 3
"""How often a question is asked again whose answer was broken."""
DRIFT = 5
"""Rows, or one in a hundred, that may go between the pages of Resource Graph; more that lack were never given."""
_BEHIND = (ForeignError, RepeatedError, answers.BrokenError, ValueError)
"""What is wrong with the link of a page, after the page itself came in whole."""


@dataclass(frozen=True, slots=True)
class Page:
    """One answer that came in whole, and how often it was asked for in vain."""

    body: dict[str, Any]
    headers: Mapping[str, str]
    retries: int


@dataclass(frozen=True, slots=True)
class AzureClient:
    """The client of one run: one subscription, tenant or management group, one witness, one deadline.

    `chosen` are the subscriptions that Resource Graph searches from a tenant, () for all of it.
    """

    wire: Wire
    boundary: str
    witness: Witness
    deadline: Deadline
    chosen: tuple[str, ...] = ()

    @property
    def subscription(self) -> str:
        """Return the GUID of the subscription, '' of a tenant or management group."""
        return "" if self.boundary.startswith((TENANTS, GROUPS)) else self.boundary

    def population(self, call: str, **parameters: Any) -> Iterator[dict[str, Any]]:
        """Yield the items that the run is about; each must be followed by a record or `run.skip(reason)`."""
        return self._items(call, parameters, population=True)

    def read(self, call: str, **parameters: Any) -> Iterator[dict[str, Any]]:
        """Yield the items of a supporting list, all pages of it."""
        return self._items(call, parameters, population=False)

    def ask(self, call: str, **parameters: Any) -> dict[str, Any] | None:
        """Return one answer, None where the error is declared to be an answer.

        An answer that has more pages leaves the reading unread: take `read`.
        """
        api, method, reading = self._begin(call, parameters, population=False)
        page = self._one(api, method, self._first(api, method, parameters, reading), reading)
        if page is None:
            return None
        self._counted(method, page, 1, reading)
        if not answers.following(method, page.body):
            reading.finish()
        return page.body

    def each(
        self, items: Iterable[T], ask: Callable[[T], D], *, width: int = 8, unread: Any = LEFT,
    ) -> Iterator[tuple[T, D]]:
        """Yield (item, ask(item)) in order, `width` asked at a time; give it a population itself, not a filter of it.

        An item whose question failed is left out and named as lacking, or comes with `unread` if that is given.
        """
        return iter(Fanout(items, ask, width, unread))

    def _items(self, call: str, parameters: dict[str, Any], *, population: bool) -> Items:
        api, method, reading = self._begin(call, parameters, population=population)
        return Items(self._pages(api, method, parameters, reading), reading)

    def _begin(self, call: str, parameters: dict[str, Any], *, population: bool) -> tuple[Api, Method, Reading]:
        api, method = self.witness.header.api(call), METHODS.get(call)
        if api is None or method is None:
            raise self.witness.undeclared(call)
        return api, method, self.witness.begin(call, "", dict(parameters), population=population)

    def _first(self, api: Api, method: Method, parameters: dict[str, Any], reading: Reading) -> Asked:
        given = dict(parameters)
        if method.link == "$skipToken":
            given = {"options": {"$top": PAGE, "resultFormat": "objectArray"}, **self._where(), **given}
        if "subscriptionId" in method.parts:
            given.setdefault("subscriptionId", self.subscription)
        try:
            return asked(method, self.wire.base(method), given)
        except CAUGHT as error:
            raise self._failed(error, api, reading) from None

    def _where(self) -> dict[str, Any]:
        """Return what Resource Graph searches: the subscription, the group, or all that may be seen."""
        if self.subscription or self.chosen:
            return {"subscriptions": [self.subscription] if self.subscription else list(self.chosen)}
        if self.boundary.startswith(GROUPS):
            return {"managementGroups": [self.boundary.removeprefix(GROUPS)]}
        return {}

    def _pages(
        self, api: Api, method: Method, parameters: dict[str, Any], reading: Reading,
    ) -> Iterator[list[dict[str, Any]]]:
        request, cycle, read = self._first(api, method, parameters, reading), Cycle(), 0
        while True:
            page = self._one(api, method, request, reading, answers.items)
            if page is None:
                return
            items = answers.items(method, page.body)
            self._counted(method, page, len(items), reading)
            try:
                link = answers.following(method, page.body)
                if link:
                    cycle.check(link)
                    request = request.following(method, link)
                    pinned(request.url, self.wire.base(method))
            except _BEHIND as error:
                yield items
                raise self._failed(error, api, reading) from None
            yield items
            if not link:
                self._receipt(page.body, read + len(items), reading)
                return
            read += len(items)

    def _receipt(self, last: dict[str, Any], read: int, reading: Reading) -> None:
        """Keep how many rows Resource Graph says that there are beside how many it gave; far fewer are no whole."""
        total = last.get("totalRecords")
        if not isinstance(total, int):
            return
        if reading.population:
            self.witness.receipt(f"{reading.call} totalRecords", total, read)
        # Between pages resources come and go; one page and its own count are of one moment.
        drift = max(DRIFT, total // 100) if reading.pages > 1 else 0
        if total - read > drift and not answers.truncated(last):
            self.witness.lack(Lacking(reading.call, "receipt", f"{total} by totalRecords, {read} read"))

    def _counted(self, method: Method, page: Page, items: int, reading: Reading) -> None:
        reading.page(items, answers.request_id(page.headers), page.retries)
        for what in answers.lacks(method, page.body, page.headers):
            self.witness.lack(Lacking(reading.call, "failed", plain(what)))

    def _one(
        self, api: Api, method: Method, request: Asked, reading: Reading, check: Find = lambda _method, page: [page],
    ) -> Page | None:
        """Return one page; None where the error is an answer."""
        deadline, attempt, renewed, claims = self.deadline.within(self.wire.call_seconds), 0, False, ""
        while True:
            turn = self.wire.throttle.turn(api.call, self.boundary) if self.wire.paced else 0.0
            self._wait(turn, reading, turn=True)
            try:
                return self._asked(api, method, request, check, deadline, claims, attempt)
            except CAUGHT as error:
                code, claims = code_of(error), ""
                if code and code in api.answers:
                    reading.answered(code, _request_of(error))
                    return None
                if not renewed and isinstance(error, RefusedError) and error.status == 401:
                    renewed, claims = True, self._renew(method, error.claims)
                    continue
                pause = self._again(error, api, attempt)
                attempt += 1
                if pause is None or deadline.left() <= pause:
                    raise self._failed(error, api, reading) from None
                self._wait(pause, reading)

    def _asked(
        self, api: Api, method: Method, request: Asked, check: Find, deadline: Deadline, claims: str, attempt: int,
    ) -> Page:
        answer = self.wire.exchange(method, request, deadline, claims)
        body = answers.read(answer)
        check(method, body)
        self.wire.throttle.answer(api.call, self.boundary, answer.headers)
        return Page(body, answer.headers, attempt)

    def _again(self, error: Exception, api: Api, attempt: int) -> float | None:
        """Return how long to wait before asking again, None where that is no use."""
        if throttled(error):
            assert isinstance(error, RefusedError)
            return self.wire.throttle.refuse(api.call, self.boundary, error.after, attempt)
        return self.wire.pause(attempt) if broken(error) and attempt < PATIENCE else None

    def _renew(self, method: Method, claims: str) -> str:
        """Forget the token that was refused, and return the claims that the next one must hold."""
        try:
            self.wire.tokens.drop(self.wire.tokens.token(audience=self.wire.audience(method)))
            return base64.b64decode(claims + "=" * (-len(claims) % 4)).decode()
        except (*CAUGHT, binascii.Error):
            return ""  # the exchange that follows says why

    def _wait(self, seconds: float, reading: Reading, *, turn: bool = False) -> None:
        """Wait for our turn; raises `InterruptedRunError` when the agent stops or the run's time is over."""
        wait(seconds, reading, self.witness, self.deadline, self.wire.sleep, turn=turn)

    def _failed(self, error: Exception, api: Api, reading: Reading) -> CallError:
        page = reading.pages if isinstance(error, (ForeignError, RepeatedError)) else reading.pages + 1
        failure = translate(error, Place(api, self.boundary, page))
        if _request_of(error):
            self.witness.refused(reading, _request_of(error))
        reading.fail(failure.lacking)
        return failure


def _request_of(error: Exception) -> str:
    return error.request if isinstance(error, RefusedError) else ""
