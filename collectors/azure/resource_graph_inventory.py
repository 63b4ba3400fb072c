"""Every resource that Azure Resource Graph finds in the subscriptions of the scope."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.azure import GRAPH, Azure, moment
from agent.collector import Api, Header, Record, Run
from agent.model import Asset
from collectors.azure._tags import classification, environment, owner

HEADER = Header(
    id="azure.resource_graph_inventory",
    title="Resources by Azure Resource Graph",
    kind="asset",
    population="Every resource in the subscriptions of the scope that the identity may read, as Resource Graph has it.",
    provider="azure",
    per="organization",
    calls=(Api(GRAPH, ("*/read",)),),
    limits=(
        "A resource that the identity may not read is left out, and Azure does not say that there is one.",
        "The index follows a change within minutes: what was made just before may be missing.",
        "Resource Graph writes the types of resources in lower case.",
        "An owner is one that a tag names; a role assignment is none.",
    ),
)
QUERY = """resources
| extend created = coalesce(tostring(properties.timeCreated), tostring(properties.creationTime),
    tostring(properties.creationDate)), state = tostring(properties.provisioningState)
| project id, name, type, kind, location, resourceGroup, subscriptionId, tags, sku, zones, identity, managedBy,
    created, state
| order by id asc"""


def collect(run: Run[Azure]) -> Iterator[Record]:
    """Yield one asset per resource."""
    for item in run.client.population(GRAPH, query=QUERY):
        yield Record(_row(item), item)


def _row(item: dict[str, Any]) -> Asset:
    tags = {str(key): str(value) for key, value in (item.get("tags") or {}).items()}
    return Asset(
        item["id"],
        name=item.get("name"),
        type=item.get("type"),
        provider="azure",
        region=item.get("location"),
        owner=owner(tags),
        classification=classification(tags),
        environment=environment(tags),
        created_at=moment(item.get("created")),
        state=item.get("state") or None,
        tags=tags or None,
    )
