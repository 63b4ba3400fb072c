"""The witness of completeness (design section 3): it sees every call, and the collector cannot talk it round.

A reading is listed when it begins and struck off after its last page. An item of the population
is settled by a record or a declared skip before the next is handed out. An error that is no
declared answer is written down before the collector gets to see it. A run succeeds only if
nothing is left on any of these lists.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from agent.clients.failure import InterruptedRunError, UndeclaredCallError
from agent.clients.ledger import Calls, Lackings
from agent.collector import Header
from agent.errors import AnnexaError, PartialError, RetriableError
from agent.model import Call, Lacking, Outcome, Receipt, Skip

NOTES = 100
"""Distinct notes that a run keeps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """What the witness says of a run: the outcome and everything that goes into its provenance."""

    outcome: Outcome
    calls: tuple[Call, ...]
    lacking: tuple[Lacking, ...]
    skips: tuple[Skip, ...]
    receipts: tuple[Receipt, ...]
    notes: tuple[str, ...]
    error: str


@dataclass(slots=True, eq=False)
class Reading:
    """One list that is being read, page by page; `population` readings have an item in hand."""

    witness: Witness
    call: str
    region: str
    parameters: Mapping[str, Any]
    population: bool = False
    done: bool = False
    pages: int = 0
    in_hand: bool = False
    settled: bool = True

    def page(self, items: int, request: str, retries: int) -> None:
        """Count one page that came in whole."""
        self.pages += 1
        self.witness.paged(self, items, request, retries)

    def answered(self, code: str, request: str) -> None:
        """End the reading: the error is an answer of the provider."""
        self.witness.answered(self, code, request)
        self._strike()

    def finish(self) -> None:
        """Strike the reading off: its last page has been read, and the last item of it handed out and settled."""
        self.settle()
        self._strike()

    def fail(self, lacking: Lacking) -> None:
        """End the reading: what it lacks is written down."""
        self.witness.lack(lacking)
        self._strike()

    def settle(self) -> None:
        """Judge the item in hand: neither a record nor a skip came for it, so it is unrecorded."""
        if self.in_hand:
            self.in_hand = False
            self.witness.held.remove(self)
            if not self.settled:
                self.witness.unrecorded(self)

    def hand(self) -> None:
        """Note that the next item of the population is in the collector's hand."""
        if self.population:
            self.in_hand = True
            self.settled = False
            self.witness.held.append(self)

    def _strike(self) -> None:
        self.done = True
        self.witness.strike(self)


@dataclass(slots=True, eq=False)
class Witness:
    """The ledger of one run; safe to use from the threads of a fan-out."""

    header: Header
    stop: threading.Event = field(default_factory=threading.Event)
    held: list[Reading] = field(default_factory=list)
    """The readings that have an item in the collector's hand."""
    _open: list[Reading] = field(default_factory=list)
    _calls: Calls = field(default_factory=Calls)
    _lackings: Lackings = field(default_factory=Lackings)
    _skips: Counter[str] = field(default_factory=Counter)
    _receipts: list[tuple[str, int, int | None]] = field(default_factory=list)
    _notes: dict[str, None] = field(default_factory=dict)
    _population_pages: int = 0
    _error: AnnexaError | None = None
    _defect: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, call: str, region: str, parameters: Mapping[str, Any], *, population: bool = False) -> Reading:
        """List a reading that begins."""
        reading = Reading(self, call, region, parameters, population)
        with self._lock:
            self._open.append(reading)
        return reading

    def strike(self, reading: Reading) -> None:
        """Take a reading off the list of those begun and not finished."""
        with self._lock:
            if reading in self._open:
                self._open.remove(reading)

    def paged(self, reading: Reading, items: int, request: str, retries: int) -> None:
        """Count a page of a reading."""
        with self._lock:
            self._population_pages += reading.population
            self._calls.page(reading.call, reading.region, reading.parameters, items, request, retries,
                             first=reading.pages == 1)

    def answered(self, reading: Reading, code: str, request: str) -> None:
        """Count an error that is an answer."""
        with self._lock:
            self._population_pages += reading.population
            self._calls.answer(reading.call, reading.region, reading.parameters, code, request)

    def refused(self, reading: Reading, request: str) -> None:
        """Keep the request id of an error that the provider sent."""
        with self._lock:
            self._calls.refused(reading.call, reading.region, reading.parameters, request, first=not reading.pages)

    def unrecorded(self, reading: Reading) -> None:
        """Write down an item for which neither a record nor a skip came."""
        self.lack(Lacking(reading.call, "unrecorded", "read, and neither recorded nor skipped"))

    def lack(self, lacking: Lacking) -> None:
        """Write down something that the run did not get."""
        with self._lock:
            self._lackings.add(lacking)

    def yielded(self) -> None:
        """Settle the items in hand: a record was written for them."""
        for reading in self.held:
            reading.settled = True

    def skip(self, reason: str) -> None:
        """Settle the items in hand: the collector leaves them out, and this is why."""
        with self._lock:
            self._skips[reason] += 1
        self.yielded()

    def note(self, text: str) -> None:
        """Keep a sentence in the provenance, once."""
        with self._lock:
            if len(self._notes) < NOTES:
                self._notes[text] = None

    def receipt(self, source: str, expected: int, counted: int | None = None) -> None:
        """Keep another count of the population; None counts the records yielded by the end."""
        with self._lock:
            self._receipts.append((source, expected, counted))

    def fail(self, error: AnnexaError) -> None:
        """Write down the error that ended the run."""
        self._error = error
        if isinstance(error, InterruptedRunError):
            self.lack(Lacking("run", error.reason, error.message))

    def close(self, yielded: int) -> Closing:
        """Judge the run, given how many records were written."""
        receipts = tuple(
            Receipt(source, expected, yielded if counted is None else counted, self.header.exact)
            for source, expected, counted in self._receipts
        )
        self._last_words(receipts)
        lacking = self._lackings.all()
        open_calls = {reading.call for reading in self._open}
        return Closing(
            outcome=self._outcome(yielded, lacking),
            calls=self._calls.all(without=open_calls | {one.what for one in lacking}),
            lacking=lacking,
            skips=tuple(Skip(reason, count) for reason, count in sorted(self._skips.items())),
            receipts=receipts,
            notes=tuple(self._notes),
            error=self._error.line() if self._error else "",
        )

    def _last_words(self, receipts: tuple[Receipt, ...]) -> None:
        for reading in list(self.held) if self._error is None else ():
            reading.settle()
        for reading in self._open:
            if self._error is None:
                self.lack(Lacking(reading.call, "unread", f"begun, and left after page {reading.pages}"))
            else:
                self.lack(Lacking(reading.call, "interrupted", "the run ended before its last page"))
        for receipt in receipts:
            if receipt.exact and not receipt.agrees:
                detail = f"{receipt.expected} by {receipt.source}, {receipt.counted} read"
                self.lack(Lacking(receipt.source, "receipt", detail))

    def _outcome(self, yielded: int, lacking: tuple[Lacking, ...]) -> Outcome:
        if self._error is None and not lacking:
            return Outcome.SUCCEEDED
        if self._error is not None and not isinstance(self._error, (PartialError, RetriableError)):
            return Outcome.FAILED
        if self._defect:
            return Outcome.FAILED
        nothing = not yielded and not self._population_pages
        absent = bool(lacking) and all(one.reason == "unavailable" for one in lacking)
        return Outcome.FAILED if nothing and not absent else Outcome.PARTIAL

    def undeclared(self, call: str) -> UndeclaredCallError:
        """Write down a call that the header does not declare, and return the error to raise."""
        self._defect = True
        self.lack(Lacking(call, "failed", f"{self.header.id} does not declare it in its header"))
        return UndeclaredCallError(
            f"{self.header.id} calls {call}, which its header does not declare",
            advice="This is a defect of the collector: its permissions are read from the header",
        )
