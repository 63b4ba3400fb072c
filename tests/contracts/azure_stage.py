"""Runs a collector of Azure as the engine does, with azure-identity and azure-core, against the double over HTTPS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from agent.canonical import line
from agent.clients import Deadline
from agent.clients.azure.places import Tokens
from agent.clients.azure.provider import AzureProvider
from agent.clients.azure.scope import AzureScope
from agent.clients.azure.wire import Wire
from agent.collector import Collector, Run
from agent.errors import AnnexaError
from agent.model import Boundary, Row
from tests.contracts.cases import Case
from tests.contracts.harness import Played, Spy
from tests.lab.azure.double import SUBSCRIPTION, TENANT, Double, Handler, Pages, Params
from tests.lab.azure.faults import Fault


def handler(given: list[Any]) -> Handler:
    """Return what answers an operation: the first rule whose `when` holds, else the pages without one."""
    ruled = [one for one in given if "when" in one]
    plain = [one for one in given if one not in ruled]

    def answer(params: Params) -> Pages | Fault:
        for rule in ruled:
            if all(params.get(name) == value for name, value in rule["when"].items()):
                return _pages(rule.get("pages", [rule]))
        return _pages(plain) if plain else Fault("unserved", 400, "NotServedByTheDouble", f"no answer for {params}")

    return answer


def _pages(pages: list[dict[str, Any]]) -> Pages | Fault:
    error = pages[0].get("error")
    if error and "answer" not in pages[0] and "tables" not in pages[0]:
        return Fault("said", int(error.get("status", 400)), error["code"], error.get("message", ""))
    return [{name: value for name, value in one.get("answer", one).items() if name != "when"} for one in pages]


@dataclass(slots=True, eq=False)
class AzureStage:
    """Where cases are played; one client for all of them."""

    double: Double
    wire: Wire

    def set(self, case: Case) -> None:
        """Forget the case before, and answer as this one says."""
        self.double.reset()
        for name, given in case.answers.items():
            self.double.handle(name, handler(given))

    def play(self, collector: Collector, case: Case) -> Played:
        """Play a case from its start."""
        self.set(case)
        return self.run(collector, case)

    def run(self, collector: Collector, case: Case) -> Played:
        """Run the collector on what the double has been told."""
        provider = AzureProvider(self.wire.scope, self.wire)
        above = collector.header.per == "organization" or case.organization
        boundary = Boundary("lab", "azure", f"tenants/{TENANT}" if above else SUBSCRIPTION, organization=above)
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


def made(double: Double) -> AzureStage:
    """Return the stage of a double; its variables must be set."""
    scope = AzureScope(name="lab", tenant=TENANT, endpoint=double.url)
    return AzureStage(double, Wire(scope, Tokens(scope), paced=False, sleep=lambda *_: None))
