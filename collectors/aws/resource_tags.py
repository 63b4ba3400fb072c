"""Resources with their tags: who owns them and how their information is classified."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import Asset
from collectors.aws._tags import classification, environment, owner, tags_of

HEADER = Header(
    id="aws.resource_tags",
    title="Tagged resources",
    kind="asset",
    population="Every resource of the account in this region that has, or once had, a tag.",
    provider="aws",
    per="region",
    calls=(Api("resourcegroupstaggingapi.get_resources", ("tag:GetResources",)),),
    limits=(
        "The tagging API never returns a resource that has never had a tag; aws.resource_explorer does.",
        "AWS tells no second count of tagged resources: the run has no receipt but that of its pages.",
        "It tells the resource type only as far as the ARN does.",
    ),
)


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one asset per resource."""
    found = run.client.population(
        "resourcegroupstaggingapi.get_resources", key="ResourceTagMappingList", ResourcesPerPage=100,
    )
    for item in found:
        yield Record(_row(item), item)


def _row(item: dict[str, Any]) -> Asset:
    arn = item["ResourceARN"]
    tags = tags_of(item.get("Tags"))
    _, _, service, region, _, resource = arn.split(":", 5)
    kind, name = _split(resource)
    return Asset(
        arn,
        name=tags.get("Name") or name,
        type=f"{service}:{kind}" if kind else service,
        provider="aws",
        region=region or None,
        owner=owner(tags),
        classification=classification(tags),
        environment=environment(tags),
        tags=tags,
    )


def _split(resource: str) -> tuple[str, str]:
    """Return type and name of the last part of an ARN: `instance/i-1`, `db:main`, or a bucket's bare name."""
    cut = min((at for at in (resource.find("/"), resource.find(":")) if at > 0), default=-1)
    return ("", resource) if cut < 0 else (resource[:cut], resource[cut + 1 :])
