"""Secrets and certificates of applications."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.entra import Graph, moment
from agent.collector import Api, Header, Record, Run
from agent.model import Account

NEEDS = ("Application.Read.All",)
SELECT = ["id", "appId", "displayName", "createdDateTime", "passwordCredentials", "keyCredentials"]

HEADER = Header(
    id="entra.apps_credentials",
    title="Credentials of applications",
    kind="account",
    population="Every application registered in the tenant and every service principal of it, with its secrets and "
    "certificates.",
    provider="entra",
    per="boundary",
    calls=(Api("applications", NEEDS), Api("service_principals", NEEDS)),
    limits=(
        "Graph never returns a secret, and does not tell when one was last used.",
        "Service principals of Microsoft's own applications are among them.",
    ),
)


def collect(run: Run[Graph]) -> Iterator[Record]:
    """Yield one service account per application, then one per service principal."""
    for app in run.client.population("applications", select=[*SELECT, "signInAudience"], top=999):
        yield Record(_row(run, app), app)
    chosen = ["accountEnabled" if one == "createdDateTime" else one for one in SELECT]
    for app in run.client.population("service_principals", select=[*chosen, "appOwnerOrganizationId"], top=999):
        yield Record(_row(run, app), app)


def _row(run: Run[Graph], app: dict[str, Any]) -> Account:
    return Account(
        app["id"],
        principal=app.get("displayName") or app.get("appId"),
        type="service",
        enabled=app.get("accountEnabled"),
        created_at=moment(app.get("createdDateTime")),
        credentials=[
            *(_credential(run, "secret", one) for one in app.get("passwordCredentials") or ()),
            *(_credential(run, "certificate", one) for one in app.get("keyCredentials") or ()),
        ],
    )


def _credential(run: Run[Graph], kind: str, found: dict[str, Any]) -> dict[str, Any]:
    ends = moment(found.get("endDateTime"))
    return {
        "type": kind,
        "created_at": moment(found.get("startDateTime")),
        "last_used_at": None,
        "active": ends is None or ends > run.started,
    }
