"""How one question is asked until it is answered, refused for good, or out of time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from agent.clients.cycle import Cycle, RepeatedError
from agent.clients.deadline import Deadline
from agent.clients.entra import answers, calls
from agent.clients.entra.failures import CAUGHT, Place, broken, code_of, throttled, translate
from agent.clients.entra.wire import ForeignError, Wire, pinned
from agent.clients.failure import CallError
from agent.clients.patience import wait
from agent.clients.witness import Reading, Witness
from agent.collector import Api

PATIENCE = 3
"""How often a question is asked again whose answer was broken."""
_BEHIND = (ForeignError, RepeatedError, answers.BrokenError)
"""What is wrong with the link of a page, after the page itself came in whole."""

Find = Callable[[dict[str, Any]], list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Page:
    """One answer that came in whole, and how often it was asked for in vain."""

    body: dict[str, Any]
    request: str
    retries: int


@dataclass(slots=True)
class Question:
    """One question that is being asked: by when, how often so far, and with which token."""

    api: Api
    request: Any
    reading: Reading
    deadline: Deadline
    attempt: int = 0
    token: str = ""
    renewed: bool = False


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks the questions of one run."""

    wire: Wire
    tenant: str
    witness: Witness
    deadline: Deadline

    def first(self, api: Api, ids: tuple[str, ...], query: dict[str, Any], reading: Reading) -> Question:
        """Return the question for the first page of a call; raises `CallError` where the SDK has no such call."""
        try:
            return self.question(api, calls.request(self.wire.root(), api.call, ids, query), reading)
        except CAUGHT as error:
            raise self.failed(error, api, reading) from None

    def question(self, api: Api, request: Any, reading: Reading) -> Question:
        """Return a question whose time begins now."""
        return Question(api, request, reading, self.deadline.within(self.wire.call_seconds))

    def one(self, asked: Question, check: Callable[[dict[str, Any]], Any] = lambda page: page) -> Page | None:
        """Return one page; None where the error is an answer; raises `CallError`."""
        while True:
            self.wait(self.turn(asked), asked.reading, turn=True)
            try:
                asked.token = self.wire.tokens.token()
                answer = self.wire.exchange(asked.request, asked.deadline)
                return self.page(asked, answers.read(answer), answer.headers, check)
            except CAUGHT as error:
                pause = self.after(asked, error)
            if pause is None:
                return None
            self.wait(pause, asked.reading)

    def following(self, api: Api, page: Page | None, find: Find, reading: Reading) -> Iterator[list[dict[str, Any]]]:
        """Yield the items of a page and of all that follow it; raises `CallError`."""
        cycle = Cycle()
        while page is not None:
            items = find(page.body)
            reading.page(len(items), page.request, page.retries)
            try:
                link = answers.link(page.body)
                if link:
                    cycle.check(link)
                    pinned(link, self.wire.base)
            except (*_BEHIND, ValueError) as error:
                yield items
                raise self.failed(error, api, reading) from None
            yield items
            if not link:
                return
            page = self.one(self.question(api, calls.following(link), reading), find)

    def turn(self, asked: Question) -> float:
        """Reserve the next request of a question's family, and return how long to wait before making it."""
        return self.wire.throttle.turn(asked.api.call) if self.wire.paced else 0.0

    def page(
        self, asked: Question, body: dict[str, Any], headers: Mapping[str, str], check: Callable[[dict[str, Any]], Any],
    ) -> Page:
        """Return a body as a page, if it is one; the throttle learns from its headers."""
        check(body)
        self.wire.throttle.answer(asked.api.call, headers)
        return Page(body, answers.request_id(headers), asked.attempt)

    def after(self, asked: Question, error: Exception) -> float | None:
        """Return how long to wait before asking again, None where the error is an answer.

        Raises the `CallError` that the run then lacks, where asking again is no use or comes too late.
        """
        code = code_of(error)
        if code and code in asked.api.answers:
            asked.reading.answered(code, _request_of(error))
            return None
        if isinstance(error, answers.RefusedError) and error.status == 401 and not asked.renewed:
            asked.renewed = True
            self.wire.tokens.drop(asked.token)
            return 0.0
        pause = self._again(error, asked)
        asked.attempt += 1
        if pause is None or asked.deadline.left() <= pause:
            raise self.failed(error, asked.api, asked.reading) from None
        return pause

    def _again(self, error: Exception, asked: Question) -> float | None:
        if throttled(error):
            assert isinstance(error, answers.RefusedError)
            return self.wire.throttle.refuse(asked.api.call, error.after, asked.attempt)
        return self.wire.pause(asked.attempt) if broken(error) and asked.attempt < PATIENCE else None

    def wait(self, seconds: float, reading: Reading, *, turn: bool = False) -> None:
        """Wait for our turn; raises `InterruptedRunError` when the agent stops or the run's time is over."""
        wait(seconds, reading, self.witness, self.deadline, self.wire.sleep, turn=turn)

    def failed(self, error: Exception, api: Api, reading: Reading) -> CallError:
        """Write down what the run lacks by an error, and return it as the error to raise."""
        page = reading.pages if isinstance(error, (ForeignError, RepeatedError)) else reading.pages + 1
        failure = translate(error, Place(api, self.tenant, page))
        if _request_of(error):
            self.witness.refused(reading, _request_of(error))
        reading.fail(failure.lacking)
        return failure


def _request_of(error: Exception) -> str:
    return error.request if isinstance(error, answers.RefusedError) else ""
