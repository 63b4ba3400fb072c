"""Many lists by `$batch`, twenty questions in one request, each judged as if it had been asked alone.

The SDK's own batches are not used: they hand the token to whatever a link names, and follow none. A
page after the first comes by its link, outside of any batch.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import orjson
from kiota_abstractions.method import Method
from kiota_abstractions.request_information import RequestInformation

from agent.clients.entra import answers
from agent.clients.entra.asking import Asker, Page, Question
from agent.clients.entra.failures import CAUGHT
from agent.clients.failure import CallError
from agent.clients.items import Items
from agent.clients.witness import Reading
from agent.collector import Api

T = TypeVar("T")
SIZE = 20
"""The most that Graph takes in one batch."""
WIDTH = 4
"""Batches that are under way side by side."""
First = Page | CallError | None
"""What came of a question: a page, an error that the witness has written down, or an error that is an answer."""


@dataclass(slots=True)
class Lists(Generic[T]):
    """A list of its own for each of many items; never more than `WIDTH` batches are under way or held."""

    asker: Asker
    items: Iterable[T]
    ids: Callable[[T], tuple[str, ...]]
    query: Callable[[T], dict[str, Any]]
    begin: Callable[[T], tuple[Api, Reading]]
    _waiting: deque[tuple[list[tuple[T, Question]], Future[list[First]]]] = field(default_factory=deque)
    _failure: CallError | None = field(default=None)

    def __iter__(self) -> Iterator[tuple[T, Iterator[dict[str, Any]]]]:
        """Yield (item, its list) in the order of the items; the error that ended the items is raised at the end."""
        ahead = self.items.ahead() if isinstance(self.items, Items) else iter(self.items)
        with ThreadPoolExecutor(max_workers=WIDTH, thread_name_prefix="annexa-batch") as pool:
            try:
                more = True
                while more or self._waiting:
                    while more and len(self._waiting) < WIDTH:
                        more = self._ask(ahead, pool)
                    if self._waiting:
                        yield from self._hand(*self._waiting.popleft())
            finally:
                for _, future in self._waiting:
                    future.cancel()
        if self._failure is not None:
            raise self._failure
        if isinstance(self.items, Items):
            self.items.reading.finish()

    def _ask(self, ahead: Iterator[T], pool: ThreadPoolExecutor) -> bool:
        """Ask for the lists of the next items; False where there are none."""
        asked = [(item, self._question(item)) for item in self._taken(ahead)]
        if asked:
            self._waiting.append((asked, pool.submit(firsts, self.asker, [one for _, one in asked])))
        return bool(asked)

    def _hand(
        self, asked: list[tuple[T, Question]], future: Future[list[First]],
    ) -> Iterator[tuple[T, Iterator[dict[str, Any]]]]:
        outer = self.items.reading if isinstance(self.items, Items) else None
        for (item, question), page in zip(asked, future.result(), strict=True):
            if outer:
                outer.settle()
            if isinstance(page, CallError):  # written down by the witness when it was raised
                continue
            if outer:
                outer.hand()
            yield item, Items(self._pages(question, page), question.reading)

    def _taken(self, ahead: Iterator[T]) -> list[T]:
        """Return the next items, as many as fit into a batch."""
        taken: list[T] = []
        try:
            while self._failure is None and len(taken) < SIZE:
                taken.append(next(ahead))
        except StopIteration:
            pass
        except CallError as failure:
            self._failure = failure
        return taken

    def _question(self, item: T) -> Question:
        api, reading = self.begin(item)
        return self.asker.first(api, self.ids(item), self.query(item), reading)

    def _pages(self, asked: Question, page: Page | None) -> Iterator[list[dict[str, Any]]]:
        try:
            yield from self.asker.following(asked.api, page, answers.items, asked.reading)
        except CallError:  # written down by the witness when it was raised: the other lists go on
            return


def firsts(asker: Asker, asked: list[Question]) -> list[First]:
    """Return what came of each question, in order; those that have to wait are asked again together."""
    found: dict[int, First] = {}
    waiting = list(range(len(asked)))
    while waiting:
        asker.wait(max(asker.turn(asked[number]) for number in waiting), asked[waiting[0]].reading, turn=True)
        pauses: dict[int, float] = {}
        for number, said in _exchanged(asker, asked, waiting).items():
            page = _judged(asker, asked[number], said)
            if isinstance(page, float):
                pauses[number] = page
            else:
                found[number] = page
        waiting = sorted(pauses)
        if waiting:
            asker.wait(max(pauses.values()), asked[waiting[0]].reading)
    return [found[number] for number in range(len(asked))]


def _judged(asker: Asker, asked: Question, said: answers.Part | Exception) -> First | float:
    """Return what came of a question, or how long to wait before it is asked again."""
    try:
        try:
            if isinstance(said, Exception):
                raise said
            body = answers.told(said.status, said.headers, said.body)
            return asker.page(asked, body, said.headers, answers.items)
        except CAUGHT as error:
            return asker.after(asked, error)
    except CallError as failure:
        return failure


def _exchanged(asker: Asker, asked: list[Question], waiting: list[int]) -> dict[int, answers.Part | Exception]:
    """Return what was said to each question; one error for all where the batch itself failed."""
    try:
        token = asker.wire.tokens.token()
        for number in waiting:
            asked[number].token = token
        said = asker.wire.exchange(_request(asker, asked, waiting), asked[waiting[0]].deadline)
        parts = answers.parts(answers.read(said))
    except CAUGHT as error:
        return dict.fromkeys(waiting, error)
    missing = answers.BrokenError("the batch came back without an answer to it")
    return {number: parts.get(str(number), missing) for number in waiting}


def _request(asker: Asker, asked: list[Question], waiting: list[int]) -> RequestInformation:
    found = RequestInformation(Method.POST)
    found.url = f"{asker.wire.base}/$batch"
    found.headers.try_add("Accept", "application/json")
    found.headers.try_add("Content-Type", "application/json")
    questions = [{"id": str(one), "method": "GET", "url": _relative(asker, asked[one])} for one in waiting]
    found.content = orjson.dumps({"requests": questions})
    return found


def _relative(asker: Asker, asked: Question) -> str:
    """Return an address as a batch takes it: below the version, its parameters' names not escaped."""
    path, _, query = str(asked.request.url).removeprefix(asker.wire.base).partition("?")
    return f"{path}?{query.replace('%24', '$')}" if query else path
