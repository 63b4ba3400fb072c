"""What a collector calls: `population`, `read`, `first`, `ask` and `each`, all under the witness."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from agent.clients.aws.api import Key
from agent.clients.aws.failures import (
    CAUGHT,
    STRANGERS,
    Place,
    broken,
    code_of,
    not_enabled,
    of_role,
    request_id,
    request_of,
    throttled,
    translate,
)
from agent.clients.aws.http import refusals
from agent.clients.aws.pages import finder, listed, retries, sent
from agent.clients.aws.rates import Throttle
from agent.clients.aws.tokens import Cycle, Paging, TokenLostError, TokenRepeatedError
from agent.clients.aws.wire import Wire
from agent.clients.deadline import Deadline
from agent.clients.failure import CallError
from agent.clients.fanout import LEFT, Fanout
from agent.clients.items import Items
from agent.clients.patience import wait
from agent.clients.witness import Reading, Witness
from agent.collector import Api
from agent.model import Lacking

T = TypeVar("T")
D = TypeVar("D")


@dataclass(frozen=True, slots=True)
class AwsClient:
    """The client of one run: one account, one region, one witness, one deadline."""

    wire: Wire
    role: str
    account: str
    region: str
    witness: Witness
    deadline: Deadline

    def at(self, region: str) -> AwsClient:
        """Return the same client for another region, under the same witness."""
        return replace(self, region=region)

    def population(self, call: str, *, key: Key, **parameters: Any) -> Iterator[Any]:
        """Yield the items that the run is about; each must be followed by a record or `run.skip(reason)`.

        `key` finds the items in a page: a JMESPath, or a function of the page.
        """
        return self._items(call, key, parameters, population=True)

    def read(self, call: str, *, key: Key, **parameters: Any) -> Iterator[Any]:
        """Yield the items of a supporting list, all pages of it; `key` as in `population`."""
        return self._items(call, key, parameters, population=False)

    def ask(self, call: str, **parameters: Any) -> dict[str, Any] | None:
        """Return one answer, None where the provider's error is declared to be an answer.

        An answer that has more pages leaves the reading unread: take `read`, or `first` to want no more.
        """
        return self._ask(call, parameters, whole=True)

    def first(self, call: str, **parameters: Any) -> dict[str, Any] | None:
        """Return the first page of a list whose rest is not wanted (the newest one, one example)."""
        self.witness.note(f"{call}: only the first page is asked for")
        return self._ask(call, parameters, whole=False)

    def until(
        self, call: str, done: Callable[[dict[str, Any]], bool], *, every: float = 2.0, **parameters: Any,
    ) -> dict[str, Any] | None:
        """Ask again and again until `done(answer)`: for reports that the provider has to write first."""
        deadline = self.deadline.within(self.wire.call_seconds)
        while True:
            answer = self.ask(call, **parameters)
            if answer is None or done(answer):
                return answer
            if deadline.left() <= every:
                raise self._unready(call, parameters)
            self.wire.sleep(every, self.witness.stop)

    def each(
        self, items: Iterable[T], ask: Callable[[T], D], *, width: int = 8, unread: Any = LEFT,
    ) -> Iterator[tuple[T, D]]:
        """Yield (item, ask(item)) in order, `width` asked at a time; give it a population itself, not a filter of it.

        An item whose question failed is left out and named as lacking, or comes with `unread` if that is given.
        """
        return iter(Fanout(items, ask, width, unread))

    def _items(self, call: str, key: Key, parameters: dict[str, Any], *, population: bool) -> Items:
        api = self._declared(call)
        reading = self.witness.begin(call, self.region, parameters, population=population)
        return Items(self._pages(api, finder(key), parameters, reading), reading)

    def _pages(
        self, api: Api, find: Callable[[dict[str, Any]], Any], parameters: dict[str, Any], reading: Reading,
    ) -> Iterator[list[Any]]:
        method, paging = self._method(api, reading)
        cycle, token = Cycle(), dict[str, Any]()
        while True:
            page = self._one(api, method, {**parameters, **token}, reading)
            if page is None:
                return
            items = listed(find(page))
            reading.page(len(items), request_id(page), retries(page))
            try:
                token = paging.after(page)
                if token:
                    cycle.check(token)
            except (TokenLostError, TokenRepeatedError) as error:
                yield items
                raise self._failed(error, api, reading) from None
            yield items
            if not token:
                return

    def _ask(self, call: str, parameters: dict[str, Any], *, whole: bool) -> dict[str, Any] | None:
        api = self._declared(call)
        reading = self.witness.begin(call, self.region, parameters)
        method, paging = self._method(api, reading)
        page = self._one(api, method, parameters, reading)
        if page is None:
            return None
        reading.page(1, request_id(page), retries(page))
        if not whole or not paging.after(page):
            reading.finish()
        page.pop("ResponseMetadata", None)
        return page

    def _declared(self, call: str) -> Api:
        api = self.witness.header.api(call)
        if api is None:
            raise self.witness.undeclared(call)
        return api

    def _method(self, api: Api, reading: Reading) -> tuple[Callable[..., dict[str, Any]], Paging]:
        service, _, operation = api.call.partition(".")
        try:
            return self.wire.method(self.role, service, operation, self.region)
        except CAUGHT as error:
            raise self._failed(error, api, reading) from None

    def _one(
        self, api: Api, method: Callable[..., dict[str, Any]], parameters: dict[str, Any], reading: Reading,
    ) -> dict[str, Any] | None:
        """Return one page; None where the error is an answer."""
        deadline = self.deadline.within(self.wire.call_seconds)
        attempt, refused = 0, None
        while True:
            turn = self._turn(api.call)
            if refused is not None and turn >= deadline.left():
                raise self._failed(refused, api, reading) from None
            self._wait(turn, reading, turn=True)
            try:
                page = sent(method, parameters, deadline, attempt)
            except CAUGHT as error:
                if code_of(error) in api.answers and not of_role(error):
                    reading.answered(code_of(error), request_of(error))
                    return None
                again = throttled(error) or (broken(error) and attempt == 0)
                pause = self.wire.pause(attempt)
                if throttled(error):
                    refused = error
                    self._refused(api.call, pause, attempt)
                attempt += 1
                if not again or deadline.left() <= pause:
                    raise self._failed(error, api, reading) from None
                self._wait(pause, reading)
            else:
                self._learn(api.call)
                return page

    @property
    def _throttle(self) -> Throttle:
        return self.wire.throttle(self.account)

    def _turn(self, call: str) -> float:
        return self._throttle.turn(self.region, call) if self.wire.paced else 0.0

    def _refused(self, call: str, pause: float, attempt: int) -> None:
        if self.wire.paced:
            self._throttle.refuse(self.region, call, pause, attempt)

    def _learn(self, call: str) -> None:
        """Let the account's budget learn from an answer, and from the refusals that botocore sat out before it."""
        if not self.wire.paced:
            return
        if refusals():
            self._throttle.refuse(self.region, call, 0.0, 0)
        else:
            self._throttle.answer(self.region, call)

    def _wait(self, seconds: float, reading: Reading, *, turn: bool = False) -> None:
        """Wait for our turn; raises `InterruptedRunError` when the agent stops or the run's time is over."""
        wait(seconds, reading, self.witness, self.deadline, self.wire.sleep, turn=turn)

    def _unready(self, call: str, parameters: dict[str, Any]) -> CallError:
        lacking = Lacking(call, "failed", f"not ready within {self.wire.call_seconds:.0f} s")
        self.witness.begin(call, self.region, parameters).fail(lacking)
        return CallError(f"{call} was {lacking.detail}", lacking, advice="The next run tries again")

    def _failed(self, error: Exception, api: Api, reading: Reading) -> CallError:
        page = reading.pages if isinstance(error, (TokenLostError, TokenRepeatedError)) else reading.pages + 1
        place = Place(api, self.account, self.region, page)
        failure = not_enabled(error, place) if page == 1 and self._stranger(error) else translate(error, place)
        if isinstance(error, ClientError):
            self.witness.refused(reading, request_of(error))
        reading.fail(failure.lacking)
        return failure

    def _stranger(self, error: Exception) -> bool:
        """Return whether it is this region that knows nobody: at home the credentials are still taken."""
        if code_of(error) not in STRANGERS or of_role(error):
            return False
        home = self.wire.sessions.client(self.role, "sts", "")
        try:
            sent(home.get_caller_identity, {}, self.deadline.within(self.wire.call_seconds), 0)
        except CAUGHT:
            return False
        return True
