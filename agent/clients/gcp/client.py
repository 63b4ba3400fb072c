"""What a collector calls: `population`, `read`, `first`, `ask` and `each`, all under the witness."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from agent.clients.cycle import Cycle, RepeatedError
from agent.clients.deadline import Deadline
from agent.clients.failure import CallError
from agent.clients.fanout import LEFT, Fanout
from agent.clients.gcp.api import Key
from agent.clients.gcp.errors import ApiError, BrokenError
from agent.clients.gcp.failures import CAUGHT, Place, codes, passing, throttled, translate
from agent.clients.gcp.pages import DENIED, finder, lacks, listed, token
from agent.clients.gcp.scope import GcpScope
from agent.clients.gcp.stored import Stored
from agent.clients.gcp.wire import PASSING, Wire
from agent.clients.items import Items
from agent.clients.patience import wait
from agent.clients.text import plain
from agent.clients.witness import Reading, Witness
from agent.collector import Api
from agent.model import Lacking

T = TypeVar("T")
D = TypeVar("D")
FIRST_PAUSE = 2
"""The power of two of the seconds before an operation is first asked about again: Google wants two at the least."""


@dataclass(frozen=True, slots=True)
class GcpClient:
    """The client of one run: one project, folder or organization, one witness, one deadline."""

    wire: Wire
    parent: str
    witness: Witness
    deadline: Deadline

    @property
    def scope(self) -> GcpScope:
        """Return what the configuration says of the scope."""
        return self.wire.scope

    @property
    def project(self) -> str:
        """Return the id of the project, '' of a folder or an organization."""
        return self.parent.removeprefix("projects/") if self.parent.startswith("projects/") else ""

    def population(self, call: str, *, key: Key, **parameters: Any) -> Iterator[Any]:
        """Yield the items that the run is about; each must be followed by a record or `run.skip(reason)`."""
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

    def lines(self, call: str, **parameters: Any) -> Iterator[Any]:
        """Yield the JSON objects of a stored file, one a line, as a population; it is read in pieces of one version."""
        api = self._declared(call)
        reading = self.witness.begin(call, "", parameters, population=True)
        return Items(self._pieces(api, parameters, reading), reading)

    def until(
        self, call: str, done: Callable[[dict[str, Any]], bool], **parameters: Any,
    ) -> dict[str, Any] | None:
        """Ask again and again until `done(answer)`, ever more seldom: for operations that take their time."""
        api = self._declared(call)
        reading = self.witness.begin(call, "", parameters)
        attempt = FIRST_PAUSE
        while True:
            page = self._one(api, parameters, reading)
            if page is None:
                return None
            self._counted(api, page, 1, reading)
            if done(page):
                reading.finish()
                return page
            self._wait(self.wire.pause(attempt), reading)
            attempt += 1

    def needs(self, call: str, permission: str) -> None:
        """Raise `CallError` where a permission is not held without which a list comes back empty and says nothing."""
        api = self._declared(call)
        parameters = {"resource": self.parent, "permissions": [permission]}
        reading = self.witness.begin(call, "", parameters)
        page = self._one(api, parameters, reading) or {}
        self._counted(api, page, 1, reading)
        if permission not in (page.get("permissions") or ()):
            raise self._failed(ApiError(DENIED, 403, f"{permission} is not held", reason="IAM_PERMISSION_DENIED",
                                        metadata={"permission": permission}), api, reading)
        reading.finish()

    def each(
        self, items: Iterable[T], ask: Callable[[T], D], *, width: int = 8, unread: Any = LEFT,
    ) -> Iterator[tuple[T, D]]:
        """Yield (item, ask(item)) in order, `width` asked at a time; give it a population itself, not a filter of it.

        An item whose question failed is left out and named as lacking, or comes with `unread` if that is given.
        """
        return iter(Fanout(items, ask, width, unread))

    def _items(self, call: str, key: Key, parameters: dict[str, Any], *, population: bool) -> Items:
        api = self._declared(call)
        reading = self.witness.begin(call, "", parameters, population=population)
        return Items(self._pages(api, finder(key), parameters, reading), reading)

    def _pages(
        self, api: Api, find: Callable[[dict[str, Any]], Any], parameters: dict[str, Any], reading: Reading,
    ) -> Iterator[list[Any]]:
        cycle, after = Cycle(), ""
        while True:
            page = self._one(api, {**parameters, **self.wire.paging(api.call, after)}, reading)
            if page is None:
                return
            items = listed(find(page))
            self._counted(api, page, len(items), reading)
            after = token(page)
            yield items
            if not after:
                return
            try:
                cycle.check(after)
            except RepeatedError as error:
                raise self._failed(error, api, reading) from None

    def _pieces(self, api: Api, parameters: dict[str, Any], reading: Reading) -> Iterator[list[Any]]:
        stored = Stored()
        while not stored.over:
            page = self._one(api, {**parameters, **stored.next()}, reading)
            if page is None:
                return
            try:
                items = stored.take(page)
            except BrokenError as error:
                raise self._failed(error, api, reading) from None
            self._counted(api, page, len(items), reading)
            yield items

    def _ask(self, call: str, parameters: dict[str, Any], *, whole: bool) -> dict[str, Any] | None:
        api = self._declared(call)
        reading = self.witness.begin(call, "", parameters)
        page = self._one(api, parameters, reading)
        if page is None:
            return None
        self._counted(api, page, 1, reading)
        if not whole or not token(page):
            reading.finish()
        return page

    def _counted(self, api: Api, page: dict[str, Any], items: int, reading: Reading) -> None:
        headers = getattr(page, "headers", {})
        retries = int(headers.pop("annexa-retries", 0)) if headers else 0
        reading.page(items, headers.get("x-request-id", "") or headers.get("x-guploader-uploadid", ""), retries)
        for what in lacks(page):
            denied = what.startswith(DENIED)
            self.witness.lack(Lacking(api.call, "denied" if denied else "failed", plain(what)))

    def _declared(self, call: str) -> Api:
        api = self.witness.header.api(call)
        if api is None:
            raise self.witness.undeclared(call)
        return api

    def _one(self, api: Api, parameters: dict[str, Any], reading: Reading) -> dict[str, Any] | None:
        """Return one page; None where the error is an answer."""
        deadline = self.deadline.within(self.wire.call_seconds)
        attempt = 0
        while True:
            self._wait(self.wire.throttle.turn(api.call) if self.wire.paced else 0.0, reading, turn=True)
            try:
                page = self.wire.send(api.call, dict(parameters), deadline)
            except CAUGHT as error:
                found = [code for code in codes(error, self._own()) if code in api.answers]
                if found:
                    reading.answered(found[0], getattr(error, "request", ""))
                    return None
                self._again(error, api, attempt, deadline, reading)
                attempt += 1
                continue
            self.wire.throttle.answer(api.call)
            if attempt and hasattr(page, "headers"):
                page.headers["annexa-retries"] = str(attempt)
            return page

    def _again(self, error: Exception, api: Api, attempt: int, deadline: Deadline, reading: Reading) -> None:
        """Wait before the same request is made again; raises `CallError` where it is not."""
        asked = error.retry_after if isinstance(error, ApiError) else 0.0
        pause = self.wire.pause(attempt, asked)
        if throttled(error):
            self.wire.throttle.refuse(api.call, pause if self.wire.paced else 0.0, attempt)
            again = True
        else:
            again = (passing(error) and attempt < PASSING) or (isinstance(error, BrokenError) and attempt == 0)
        if not again or deadline.left() <= pause:
            raise self._failed(error, api, reading) from None
        self._wait(pause, reading)

    def _own(self) -> tuple[str, ...]:
        return tuple(one for one in (self.project, self.wire.numbers.get(self.project, "")) if one)

    def _wait(self, seconds: float, reading: Reading, *, turn: bool = False) -> None:
        """Wait for our turn; raises `InterruptedRunError` when the agent stops or the run's time is over."""
        wait(seconds, reading, self.witness, self.deadline, self.wire.sleep, turn=turn)

    def _failed(self, error: Exception, api: Api, reading: Reading) -> CallError:
        page = reading.pages if isinstance(error, RepeatedError) else reading.pages + 1
        failure = translate(error, Place(api, self.parent, page, self._own()))
        if isinstance(error, ApiError):
            self.witness.refused(reading, error.request)
        reading.fail(failure.lacking)
        return failure
