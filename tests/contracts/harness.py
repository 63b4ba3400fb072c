"""Runs a collector as the engine does, with the real SDK, against the double over HTTP."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from agent.canonical import line
from agent.clients import Closing, Deadline, Witness
from agent.clients.aws.provider import AwsProvider
from agent.clients.aws.scope import AwsScope
from agent.clients.aws.sessions import Sessions
from agent.clients.aws.wire import Wire
from agent.clients.witness import Reading
from agent.collector import Collector, Header, Run
from agent.errors import AnnexaError
from agent.model import Boundary, Row
from tests.contracts.cases import Case
from tests.lab.aws import sts
from tests.lab.aws.answers import Context, Pages
from tests.lab.aws.double import Double
from tests.lab.aws.wire import ErrorAnswer

OPENING = ("sts.get_caller_identity", 1)
"""The call with which the provider opens the account, before any collector's."""


class CaseDouble(Double):
    """A double that plays one case after the other."""

    def play(self, case: Case) -> None:
        """Forget the case before, and answer as this one says."""
        self.reset()
        self.unserved.clear()
        self._answers = {("sts." + name, None, None): handler for name, handler in sts.HANDLERS.items()}
        for name, given in case.answers.items():
            self.handle(name, _handler(given))


def _handler(given: list[Any]) -> Any:
    ruled = [one for one in given if isinstance(one, dict) and "when" in one]
    plain = [_page(one) for one in given if one not in ruled]

    def handler(params: dict[str, Any], context: Context) -> Pages:
        for rule in ruled:
            if rule["when"].items() <= params.items():
                return _pages([_page(page) for page in rule.get("pages", [rule])])
        return _pages(plain) if plain else ErrorAnswer("NotServedByTheDouble", 400, f"no answer for {params}")

    return handler


def _pages(pages: list[Any]) -> Pages:
    return pages[0] if len(pages) == 1 else pages


def _page(said: dict[str, Any]) -> Any:
    if "error" in said:
        given = said["error"]
        return ErrorAnswer(given["code"], int(given.get("status", 400)), given.get("message", ""))
    return said.get("answer", said)


class Spy(Witness):
    """A witness that remembers which calls were populations, and how many pages each had."""

    def __init__(self, header: Header) -> None:
        super().__init__(header)
        self.populations: dict[str, int] = {}

    def begin(self, call: str, region: str, parameters: Mapping[str, Any], *, population: bool = False) -> Reading:
        """List a reading, and remember its call."""
        if population:
            self.populations.setdefault(call, 0)
        return super().begin(call, region, parameters, population=population)

    def paged(self, reading: Reading, items: int, request: str, retries: int) -> None:
        """Count a page, and remember how many there were."""
        if reading.population:
            self.populations[reading.call] = max(self.populations[reading.call], reading.pages)
        super().paged(reading, items, request, retries)


@dataclass(frozen=True, slots=True)
class Played:
    """What came of a case: rows, lines of the artifact, the closing words of the witness, and who was called."""

    rows: list[Row]
    lines: list[bytes]
    closing: Closing
    populations: dict[str, int]
    called: list[tuple[str, int]]
    unserved: list[str]

    @property
    def plain(self) -> list[dict[str, Any]]:
        """Return the rows as `expect.ndjson` has them: no nulls, sorted by id."""
        found = [json.loads(one)["record"] for one in self.lines]
        return in_order([{k: v for k, v in row.items() if v is not None} for row in found])


def in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows sorted by id and text."""
    return sorted(rows, key=lambda row: (str(row["id"]), json.dumps(row, sort_keys=True)))


@dataclass(slots=True, eq=False)
class Stage:
    """Where cases are played; sessions and clients are shared by all of them."""

    double: CaseDouble
    sessions: dict[str, Sessions] = field(default_factory=dict)

    def play(self, collector: Collector, case: Case) -> Played:
        """Play a case from its start; faults are armed with `arm` before."""
        self.double.play(case)
        return self.run(collector, case)

    def run(self, collector: Collector, case: Case) -> Played:
        """Run the collector on what the double has been told."""
        scope = AwsScope(
            name="lab", regions=(case.region,), endpoint=self.double.url, organization=False,
        )
        sessions = self.sessions.setdefault(case.region, Sessions(scope, retry="standard"))
        provider = AwsProvider(scope, Wire(sessions, paced=False, sleep=lambda *_: None))
        boundary = Boundary("lab", "aws", case.account, "lab", case.region, (case.region,), case.organization)
        witness = Spy(collector.header)
        rows: list[Row] = []
        lines: list[bytes] = []
        region = case.region if collector.header.per == "region" else ""
        try:
            client = provider.open(boundary, region, witness, Deadline.after(60))
            run = Run(client, boundary, region, case.window, case.started, witness)
            for record in collector.collect(run):
                rows.append(record.row)
                lines.append(line({"record": record.row, "raw": record.raw}))
                witness.yielded()
        except AnnexaError as error:
            witness.fail(error)
        called = [(call.name, call.number) for call in self.double.calls if (call.name, call.number) != OPENING]
        return Played(rows, lines, witness.close(len(rows)), witness.populations, called, list(self.double.unserved))


def without(collector: Collector, call: str) -> Collector:
    """Return the collector with one call left out of its header."""
    header = replace(collector.header, calls=tuple(api for api in collector.header.calls if api.call != call))
    return replace(collector, header=header)
