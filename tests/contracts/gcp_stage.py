"""Runs a collector of Google Cloud as the engine does, with the real client libraries, against the double."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from agent.canonical import line
from agent.clients import Deadline
from agent.clients.gcp.provider import GcpProvider
from agent.clients.gcp.scope import AssetExport, DataAccess, GcpScope
from agent.clients.gcp.wire import Wire
from agent.collector import Collector, Run
from agent.errors import AnnexaError
from agent.model import Boundary, Row
from tests.contracts.cases import Case
from tests.contracts.harness import Played, Spy
from tests.lab.gcp.double import Double
from tests.lab.gcp.faults import ErrorAnswer
from tests.lab.gcp.paging import Pages

PROJECT, NUMBER = "data-prod", "1032"
"""The project of a case that names none, and its number."""
PIECE = 600
"""Bytes of a stored file that are read at once: few, so that a case has several pieces."""


def load(double: Double, case: Case) -> None:
    """Forget the case before, and answer as this one says."""
    double.reset()
    for name in list(double.answers):
        del double.answers[name]
    for name, given in case.answers.items():
        double.handle(name, _handler(given))


def _handler(given: list[Any]) -> Any:
    ruled = [one for one in given if isinstance(one, dict) and "when" in one]
    plain = [_page(one) for one in given if one not in ruled]

    def handler(params: dict[str, Any]) -> Pages:
        for rule in ruled:
            if rule["when"].items() <= params.items():
                return _pages([_page(page) for page in rule.get("pages", [rule])])
        return _pages(plain) if plain else ErrorAnswer("UNIMPLEMENTED", 501, f"no answer for {params}")

    return handler


def _pages(pages: list[Any]) -> Pages:
    return pages[0] if len(pages) == 1 else pages


def _page(said: dict[str, Any]) -> Any:
    if "error" in said and isinstance(said["error"], dict) and "code" in said["error"]:
        given = said["error"]
        return ErrorAnswer(given["code"], int(given.get("status", 400)), given.get("message", ""),
                           given.get("reason", ""), given.get("metadata", {}))
    return said.get("answer", said)


def _settled(scope: GcpScope, said: dict[str, Any]) -> GcpScope:
    """Return the scope with what a case says of it."""
    export = said.get("asset_export")
    access = {**said.get("data_access", {})}
    return replace(
        scope, asset_export=AssetExport(**export) if export else None,
        data_access=DataAccess(**{**access, "services": tuple(access.get("services", ()))}),
    )


@dataclass(slots=True, eq=False)
class Stage:
    """Where cases are played; credentials and channels are shared by all of them."""

    double: Double
    _wire: Wire | None = field(default=None)

    @property
    def wire(self) -> Wire:
        """Return the way to the double."""
        if self._wire is None:
            scope = GcpScope(name="lab", parent=f"projects/{PROJECT}", endpoint=self.double.url)
            self._wire = Wire(scope, paced=False, sleep=lambda *_: None, numbers={PROJECT: NUMBER},
                              piece=PIECE)
        return self._wire

    def play(self, collector: Collector, case: Case) -> Played:
        """Play a case from its start."""
        load(self.double, case)
        return self.run(collector, case)

    def run(self, collector: Collector, case: Case) -> Played:
        """Run the collector on what the double has been told."""
        scope = _settled(self.wire.scope, case.settings)
        provider = GcpProvider(scope, replace(self.wire, scope=scope))
        account = PROJECT if case.account == Case.__dataclass_fields__["account"].default else case.account
        boundary = Boundary("lab", "gcp", account, organization=case.organization)
        witness = Spy(collector.header)
        rows: list[Row] = []
        lines: list[bytes] = []
        try:
            client = provider.open(boundary, "", witness, Deadline.after(60))
            for record in collector.collect(Run(client, boundary, "", case.window, case.started, witness)):
                rows.append(record.row)
                lines.append(line({"record": record.row, "raw": record.raw}))
                witness.yielded()
        except AnnexaError as error:
            witness.fail(error)
        called = [(call.name, call.number) for call in self.double.calls]
        return Played(rows, lines, witness.close(len(rows)), witness.populations, called, list(self.double.unserved))
