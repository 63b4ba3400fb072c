"""Every resource that Cloud Asset Inventory finds below the organization, folder or project."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.gcp import Gcp
from agent.collector import Api, Header, Record, Run
from agent.model import Asset
from collectors.gcp._labels import classification, environment, owner
from collectors.gcp._times import instant

HEADER = Header(
    id="gcp.asset_search",
    title="Resources by Cloud Asset Inventory",
    kind="asset",
    population="Every resource below the parent of the scope, in all its projects, as Cloud Asset Inventory finds it.",
    provider="gcp",
    per="organization",
    calls=(Api("cloudasset.search_all_resources", ("cloudasset.assets.searchAllResources",)),),
    limits=(
        "The search index is brought up to date within minutes: what was made just before may be missing.",
        "Types of resource that Cloud Asset Inventory does not search are not among them.",
        "An owner is one that a label names; a binding of rights is none.",
    ),
)


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one asset per resource."""
    found = run.client.population(
        "cloudasset.search_all_resources", key="results", scope=run.client.parent, page_size=500,
        order_by="name",
    )
    for item in found:
        yield Record(_row(item), item)


def _row(item: dict[str, Any]) -> Asset:
    labels = item.get("labels") or {}
    return Asset(
        item["name"],
        name=item.get("displayName") or item["name"].rpartition("/")[2],
        type=item.get("assetType"),
        provider="gcp",
        region=item.get("location"),
        owner=owner(labels),
        classification=classification(labels),
        environment=environment(labels),
        created_at=instant(item.get("createTime")),
        state=item.get("state"),
        tags=labels or None,
    )
