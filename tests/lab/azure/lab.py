"""The company's subscriptions behind one endpoint."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

from agent.clients.azure.operations import METHODS
from agent.clients.azure.probe import NOBODY
from tests.lab.azure import databases, explored, governance, manager, policies, vaults
from tests.lab.azure.double import Double, Handler
from tests.lab.azure.faults import error
from tests.lab.certificate import Shown
from tests.lab.estate import Estate

TABLES = (manager.table, explored.table, vaults.table, governance.table, databases.table, policies.table)
"""What is served, part by part."""


@dataclass
class Lab:
    """A served estate; use it as a context."""

    estate: Estate
    shown: Shown = field(default_factory=Shown.made)
    port: int = 0

    def __post_init__(self) -> None:
        self.double = Double(self.estate.directory.file["tenant"], certificate=self.shown.both, port=self.port)
        # What a company does not use is answered with an empty list, as Azure does.
        for name, method in METHODS.items():
            self.double.handle(name, _nothing(method.items))
        for table in TABLES:
            for name, handler in table.answers(self.estate).items():
                self.double.handle(name, _known(handler))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.double.close()


def _nothing(key: str) -> Any:
    return lambda _params: [{key: []}]


def _known(handler: Handler) -> Handler:
    """Return a handler that says, as Azure does, that there is no resource of a made-up name."""
    missing = error("ResourceNotFound", 404, "The resource was not found.")
    return lambda params: missing if NOBODY in params.values() else handler(params)
