"""What Microsoft Defender raised, and the incidents that it makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.entra import Graph, moment
from agent.collector import Api, Header, Record, Run
from agent.model import Finding
from collectors.entra._people import somebody

ALERTS = "security.alerts_v2"
INCIDENTS = "security.incidents"

HEADER = Header(
    id="entra.m365_alerts_incidents",
    title="Security alerts and incidents of Microsoft 365",
    kind="finding",
    population="Every alert that Microsoft Defender XDR keeps for the tenant, and every incident.",
    provider="entra",
    per="boundary",
    calls=(Api(ALERTS, ("SecurityAlert.Read.All",)), Api(INCIDENTS, ("SecurityIncident.Read.All",))),
    keeps="P30D",
    limits=(
        "Which alerts there are depends on the licences for Defender that the tenant has.",
        "Who has it in hand, and how it was classified, is in the raw records: `state` says only whether it is open.",
    ),
)
STATES = {
    "new": "open", "inprogress": "open", "active": "open", "awaitingaction": "open", "resolved": "resolved",
    "redirected": "suppressed",
}
LEVELS = {"high": "high", "medium": "medium", "low": "low", "informational": "informational"}


def collect(run: Run[Graph]) -> Iterator[Record]:
    """Yield one finding per alert, then one per incident."""
    for alert in run.client.population(ALERTS, top=1000):
        yield Record(_row(alert, alert.get("title"), alert.get("serviceSource"), _touched(alert)), alert)
    for incident in run.client.population(INCIDENTS, top=50):
        yield Record(_row(incident, incident.get("displayName"), "incident", None), incident)


def _row(found: dict[str, Any], title: str | None, source: str | None, resource: str | None) -> Finding:
    return Finding(
        found["id"],
        resource=resource,
        title=title,
        severity=LEVELS.get(str(found.get("severity")).lower()),
        state=STATES.get(str(found.get("status")).lower()),
        source=source,
        occurred_at=moment(found.get("createdDateTime")),
    )


def _touched(alert: dict[str, Any]) -> str | None:
    """Return the devices, mailboxes and people that the evidence of an alert names, sorted."""
    found = set()
    for one in alert.get("evidence") or ():
        account = one.get("userAccount") or {}
        found.add(one.get("deviceDnsName") or one.get("primaryAddress") or account.get("userPrincipalName")
                  or somebody(account))
    return ", ".join(sorted(filter(None, found))) or None
