"""What Microsoft Defender for Cloud has raised the alarm about."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.azure import Azure, moment
from agent.collector import Api, Header, Record, Run
from agent.model import Finding
from collectors.azure._answers import UNREGISTERED

CALL = "security.alerts.list"
HEADER = Header(
    id="azure.defender_alerts",
    title="Alerts of Defender for Cloud",
    kind="finding",
    population="Every alert of Defender for Cloud on the subscription that it still keeps, dismissed ones included.",
    provider="azure",
    per="member",
    calls=(Api(CALL, ("Microsoft.Security/alerts/read",), answers=UNREGISTERED),),
    keeps="P90D",
    limits=(
        "Without a plan that is paid for there are hardly any alerts: azure.defender_plans.",
        "Defender keeps alerts for 90 days.",
    ),
)
STATES = {"active": "open", "inprogress": "open", "resolved": "resolved", "dismissed": "suppressed"}


def collect(run: Run[Azure]) -> Iterator[Record]:
    """Yield one finding per alert."""
    for item in run.client.population(CALL):
        yield Record(_row(item), item)


def _row(item: dict[str, Any]) -> Finding:
    said = item.get("properties") or {}
    named = [one.get("azureResourceId") for one in said.get("resourceIdentifiers") or ()]
    return Finding(
        item["id"],
        resource=next((one for one in named if one), said.get("compromisedEntity")),
        title=said.get("alertDisplayName"),
        severity=said["severity"].lower() if said.get("severity") else None,
        state=STATES.get(str(said.get("status")).lower()),
        source="defender for cloud",
        occurred_at=moment(said.get("startTimeUtc") or said.get("timeGeneratedUtc")),
    )
