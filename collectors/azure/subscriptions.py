"""The subscriptions of the tenant with their owners and states."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.azure import Azure
from agent.collector import Api, Header, Record, Run
from agent.model import Asset
from collectors.azure._tags import classification, environment, owner

CALL = "resource.subscriptions.list"
HEADER = Header(
    id="azure.subscriptions",
    title="Subscriptions",
    kind="asset",
    population="Every subscription that the identity of the agent may see, in every state, in the scope or not.",
    provider="azure",
    per="organization",
    calls=(Api(CALL, ("Microsoft.Resources/subscriptions/read",)),),
    limits=(
        "A subscription that the identity may not see is not among them, and nothing tells that there is one.",
        "A subscription without an owner tag has no owner here, whoever holds the role of that name.",
        "When a subscription was made Azure does not tell.",
    ),
)


def collect(run: Run[Azure]) -> Iterator[Record]:
    """Yield one asset per subscription."""
    for item in run.client.population(CALL):
        yield Record(_row(item), item)


def _row(item: dict[str, Any]) -> Asset:
    tags = item.get("tags") or {}
    return Asset(
        item["id"],
        name=item.get("displayName"),
        type="Microsoft.Resources/subscriptions",
        provider="azure",
        owner=owner(tags),
        classification=classification(tags),
        environment=environment(tags),
        state=item.get("state"),
        tags=tags or None,
    )
