"""The company's tenant behind one endpoint: Microsoft Graph and where tokens come from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

from agent.clients.entra.probe import NOBODY
from agent.registry import Registry
from tests.lab.certificate import Shown
from tests.lab.entra import governance, tenant, told
from tests.lab.entra.double import Double, Handler
from tests.lab.entra.faults import error
from tests.lab.estate import Estate

TABLES = (tenant.table, told.table, governance.table)


@dataclass
class Lab:
    """A served estate; use it as a context."""

    estate: Estate
    shown: Shown = field(default_factory=Shown.made)
    port: int = 0

    def __post_init__(self) -> None:
        self.double = Double(self.estate.directory.file["tenant"], certificate=self.shown.both, port=self.port)
        # What a company does not use is answered with an empty list, as Graph does.
        declared = {api.call for header in Registry.load().headers() if header.provider == "entra"
                    for api in header.calls}
        empty: dict[str, Handler] = dict.fromkeys(sorted(declared), _nothing)
        for answers in (empty, *(table.answers(self.estate) for table in TABLES)):
            for name, handler in answers.items():
                self.double.handle(name, _known(handler))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.double.close()


def _nothing(ids: tuple[str, ...], params: dict[str, str]) -> list[dict[str, Any]]:
    return [{"value": []}]


def _known(handler: Handler) -> Handler:
    """Return a handler that says, as Graph does, that there is nothing of a made-up id."""
    missing = error("Request_ResourceNotFound", 404, "Resource does not exist or one of its queried references does not.")
    return lambda ids, params: missing if NOBODY in ids else handler(ids, params)
