"""One endpoint with the company's Google Cloud behind it."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import Any, Self

from tests.lab.estate import Estate
from tests.lab.gcp import machines, resources, rpcs, traffic
from tests.lab.gcp.double import Double
from tests.lab.gcp.faults import ErrorAnswer, Fault, error
from tests.lab.gcp.published import methods

TABLES = (resources.table, machines.table, traffic.table)


@dataclass
class Lab:
    """A served estate; use it as a context."""

    estate: Estate
    port: int = 0
    tls: ssl.SSLContext | None = None

    def __post_init__(self) -> None:
        self.double = Double(port=self.port, tls=self.tls)
        # What a company does not use is answered with an empty list, as Google does.
        for name in (*methods(), *rpcs.RPCS):
            self.double.handle(name, _nothing)
        for table in TABLES:
            for name, handler in table.answers(self.estate).items():
                self.double.handle(name, handler)
        self._deny()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop serving."""
        self.double.close()

    def _deny(self) -> None:
        for entry in self.estate.google.file["switched_off"]:
            for api in entry["apis"]:
                self._refuse(f"{NAMES[api]}.*", entry["project"], _off(api, entry["project"]))
        for entry in self.estate.google.file["denied"]:
            self._refuse(entry["calls"], entry["project"], _denied())

    def _refuse(self, calls: str, project: str, fault: Fault) -> None:
        """Let every call about a project fail, by whichever parameter it is named."""
        for where in ({"project": project}, *({key: f"projects/{project}{rest}"} for key in ("parent", "name")
                                              for rest in PLACES)):
            self.double.fault(calls, fault, where=where)


NAMES = {"sqladmin": "sql", "gkebackup": "gkebackup", "backupdr": "backupdr"}
"""How calls begin, by the name of the API."""
PLACES = ("", "/locations/-", "/locations/-/backupPlans/-", "/locations/-/restorePlans/-")


def _off(api: str, project: str) -> Fault:
    service = f"{api}.googleapis.com"
    message = f"{service} has not been used in project {project} before or it is disabled."
    said = ErrorAnswer("PERMISSION_DENIED", 403, message, "SERVICE_DISABLED", {"service": service, "consumer": project})
    return Fault("switched off", says=said)


def _denied() -> Fault:
    return error("PERMISSION_DENIED", 403, "Permission denied on resource (or it may not exist).",
                 reason="IAM_PERMISSION_DENIED")


def _nothing(params: dict[str, Any]) -> dict[str, Any]:
    return {}
