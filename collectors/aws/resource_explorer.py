"""Resources as AWS Resource Explorer has indexed them, those without a tag included."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import Asset
from collectors.aws._tags import classification, environment, owner, tags_of

OFF = {"ResourceNotFoundException": "Resource Explorer has no index in this region"}
HEADER = Header(
    id="aws.resource_explorer",
    title="Resources in Resource Explorer",
    kind="asset",
    population="Every resource of the account in this region that Resource Explorer shows, tagged or not.",
    provider="aws",
    per="region",
    calls=(
        Api("resource-explorer-2.get_index", ("resource-explorer-2:GetIndex",), unavailable=OFF),
        Api(
            "resource-explorer-2.list_resources",
            ("resource-explorer-2:ListResources",),
            unavailable={
                "ResourceNotFoundException": "Resource Explorer has no default view in this region",
                "UnauthorizedException": "Resource Explorer has no default view here, or the role may not use it",
            },
        ),
    ),
    limits=(
        "What the filter of the default view leaves out is not seen.",
        "Resource Explorer knows some types only, and learns of a resource up to a day and a half after it was made.",
        "`tags` is null where the view tells none: the resource has none, or the view does not include them.",
        "A region that holds the aggregator index shows the other regions too; these are left to their own runs.",
    ),
)


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one asset per resource."""
    index = run.client.ask("resource-explorer-2.get_index")
    if index is not None:
        run.note(f"the index is {index.get('Type')} and {index.get('State')}")
    found = run.client.population("resource-explorer-2.list_resources", key="Resources", MaxResults=1000)
    for item in found:
        if item["Region"] in (run.region, "global"):
            yield Record(_row(item), item)
        else:
            run.skip("it is of another region, whose own run reads it")


def _row(item: dict[str, Any]) -> Asset:
    told = next((one["Data"] for one in item.get("Properties") or () if one["Name"] == "tags"), None)
    tags = tags_of(told) if isinstance(told, list) else {}
    return Asset(
        item["Arn"],
        name=tags.get("Name"),
        type=item["ResourceType"],
        provider="aws",
        region=None if item["Region"] == "global" else item["Region"],
        owner=owner(tags),
        classification=classification(tags),
        environment=environment(tags),
        tags=None if told is None else tags,
    )
