"""Everything that AWS Config has discovered in a region, with its tags."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import Asset
from collectors.aws import _config

HEADER = Header(
    id="aws.config_inventory",
    title="Resources discovered by AWS Config",
    kind="asset",
    population="Every resource of the account in this region that AWS Config has discovered and that still exists.",
    provider="aws",
    per="region",
    calls=(
        Api("config.get_discovered_resource_counts", ("config:GetDiscoveredResourceCounts",)),
        Api("config.select_resource_config", ("config:SelectResourceConfig",)),
        Api(
            "config.list_discovered_resources",
            ("config:ListDiscoveredResources",),
            unavailable={"NoAvailableConfigurationRecorderException": "AWS Config has no recorder in this region"},
        ),
    ),
    exact=True,
    limits=(
        "Config sees only the types that its recorder records; aws.config_recorder says which, if any.",
        "Of a type that Config cannot query, only type, id and name are told: the tags are null.",
        "IAM and other global resources are in the region that records them.",
    ),
)
COUNTS = "config.get_discovered_resource_counts"


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one asset per resource, type by type."""
    expected = 0
    for one in list(run.client.read(COUNTS, key="resourceCounts", limit=_config.LIMIT)):
        expected += yield from _of_type(run, one["resourceType"], one["count"])
    run.receipt(COUNTS, expected)


def _of_type(run: Run[Aws], kind: str, told: int) -> Generator[Record, None, int]:
    """Yield the resources of a type; return how many Config counts, counted again where it and we differ."""
    seen = set[str]()
    found = run.client.population(
        "config.select_resource_config", key=_config.answers, Expression=_config.query(kind), Limit=_config.LIMIT,
    )
    for item in found:
        seen.add(item["resourceId"])
        yield Record(_config.asset(item), item)
    if len(seen) == told:
        return told
    for item in run.client.population("config.list_discovered_resources", key="resourceIdentifiers", resourceType=kind):
        if item["resourceId"] in seen:
            run.skip("listed again: the query gave it already")
        else:
            yield Record(_listed(run, item), item)
    again = run.client.read(COUNTS, key="resourceCounts", resourceTypes=[kind], limit=_config.LIMIT)
    return sum(one["count"] for one in again)


def _listed(run: Run[Aws], item: dict[str, Any]) -> Asset:
    kind = item["resourceType"]
    place = _config.ident(run.boundary.id, run.region, kind, item["resourceId"])
    return Asset(place, name=item.get("resourceName"), type=kind, provider="aws", region=run.region)
