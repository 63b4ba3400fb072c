"""Incidents of Microsoft Sentinel: what they were, whether they ended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.azure import GRAPH, Azure, moment
from agent.collector import Api, Header, Record, Run
from agent.model import Finding
from collectors.azure._ids import group, name, part

INCIDENTS = "securityinsight.incidents.list"
HEADER = Header(
    id="azure.sentinel_incidents",
    title="Incidents of Sentinel",
    kind="finding",
    population="Every incident in every workspace of the subscription on which Microsoft Sentinel is switched on.",
    provider="azure",
    per="member",
    calls=(
        Api(GRAPH, ("Microsoft.ResourceGraph/resources/read", "Microsoft.OperationsManagement/solutions/read")),
        Api(INCIDENTS, ("Microsoft.SecurityInsights/incidents/read",)),
    ),
    limits=(
        "A workspace counts as one with Sentinel where its solution is there.",
        "Incidents that are kept elsewhere (a ticket system) are not among them.",
        "How an incident was classified when it was closed is in the artifact, not in a column.",
    ),
)
QUERY = (
    "resources | where type =~ 'microsoft.operationsmanagement/solutions' and name startswith 'SecurityInsights(' "
    "| project id, workspace = tostring(properties.workspaceResourceId) | order by id asc"
)
STATES = {"new": "open", "active": "open", "closed": "resolved"}


def collect(run: Run[Azure]) -> Iterator[Record]:
    """Yield one finding per incident, workspace by workspace."""
    for place in [one["workspace"] for one in run.client.read(GRAPH, query=QUERY)]:
        found = run.client.population(
            INCIDENTS, subscriptionId=part(place, "subscriptions") or run.client.subscription,
            resourceGroupName=group(place), workspaceName=name(place), top=1000,
        )
        for item in found:
            yield Record(_row(place, item), item)


def _row(place: str, item: dict[str, Any]) -> Finding:
    said = item.get("properties") or {}
    return Finding(
        item["id"],
        resource=place,
        title=said.get("title"),
        severity=said["severity"].lower() if said.get("severity") else None,
        state=STATES.get(str(said.get("status")).lower()),
        source="microsoft sentinel",
        occurred_at=moment(said.get("createdTimeUtc")),
    )
