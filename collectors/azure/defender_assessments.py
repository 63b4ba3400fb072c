"""What Microsoft Defender for Cloud recommends, resource by resource."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.azure import Azure, moment
from agent.collector import Api, Header, Record, Run
from agent.model import Finding
from collectors.azure._answers import UNREGISTERED

CALL = "security.assessments.list"
HEADER = Header(
    id="azure.defender_assessments",
    title="Assessments of Defender for Cloud",
    kind="finding",
    population="Every assessment of every resource of the subscription by Defender for Cloud, healthy ones included.",
    provider="azure",
    per="member",
    calls=(Api(CALL, ("Microsoft.Security/assessments/read",), answers=UNREGISTERED),),
    limits=(
        "What is assessed depends on the plans that are switched on: azure.defender_plans.",
        "`occurred_at` is when the state last changed: since when what is open has been so.",
        "An assessment that does not apply, or from which a resource is exempt, is suppressed.",
    ),
)
STATES = {"unhealthy": "open", "healthy": "resolved", "notapplicable": "suppressed"}


def collect(run: Run[Azure]) -> Iterator[Record]:
    """Yield one finding per resource and recommendation."""
    scope = f"subscriptions/{run.client.subscription}"
    for item in run.client.population(CALL, scope=scope, expand="metadata"):
        yield Record(_row(item), item)


def _row(item: dict[str, Any]) -> Finding:
    said = item.get("properties") or {}
    status, details = said.get("status") or {}, said.get("resourceDetails") or {}
    severity = (said.get("metadata") or {}).get("severity")
    return Finding(
        item["id"],
        resource=details.get("Id") or details.get("id") or item["id"].partition("/providers/Microsoft.Security/")[0],
        title=said.get("displayName"),
        severity=severity.lower() if severity else None,
        state=STATES.get(str(status.get("code")).lower()),
        source="defender for cloud",
        occurred_at=moment(status.get("statusChangeDate") or status.get("firstEvaluationDate")),
    )
