"""Deployments of templates: what was rolled out, when, and whether it worked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.azure import GRAPH, Azure, moment
from agent.collector import Api, Header, Record, Run
from agent.model import Change
from collectors.azure._answers import GONE

ABOVE = "resource.deployments.list_at_subscription_scope"
INSIDE = "resource.deployments.list_by_resource_group"
HEADER = Header(
    id="azure.deployments",
    title="Deployments",
    kind="change",
    population="Every deployment that Azure keeps of the subscription and of each resource group in it.",
    provider="azure",
    per="member",
    calls=(
        Api(GRAPH, ("Microsoft.ResourceGraph/resources/read", "Microsoft.Resources/subscriptions/resourceGroups/read")),
        Api(ABOVE, ("Microsoft.Resources/deployments/read",)),
        Api(INSIDE, ("Microsoft.Resources/deployments/read",), answers=GONE | {
            "ResourceGroupNotFound": "the group was deleted while it was read",
        }),
    ),
    limits=(
        "Azure keeps 800 deployments of a place, and deletes the oldest.",
        "Who deployed is in azure.activity_log, by the correlation id in the artifact.",
        "Changes without a template are in azure.resource_changes.",
    ),
)
QUERY = (
    "resourcecontainers | where type =~ 'microsoft.resources/subscriptions/resourcegroups' "
    "| project id, name | order by id asc"
)
OUTCOMES = {"succeeded": "completed", "failed": "failed", "canceled": "aborted"}


def collect(run: Run[Azure]) -> Iterator[Record]:
    """Yield one change per deployment."""

    def ask(group: dict[str, Any]) -> list[dict[str, Any]]:
        return list(run.client.read(INSIDE, resourceGroupName=group["name"]))

    for item in run.client.population(ABOVE):
        yield Record(_row(item), item)
    for _, found in run.client.each(run.client.read(GRAPH, query=QUERY), ask):
        for item in found:
            yield Record(_row(item), item)


def _row(item: dict[str, Any]) -> Change:
    said = item.get("properties") or {}
    return Change(
        item["id"] if not said.get("correlationId") else f"{item['id']}#{said['correlationId']}",
        reference=item["id"],
        outcome=OUTCOMES.get(str(said.get("provisioningState")).lower()),
        occurred_at=moment(said.get("timestamp")),
    )
