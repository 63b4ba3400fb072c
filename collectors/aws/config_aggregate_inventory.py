"""Everything that AWS Config has discovered in all accounts and regions, as the organization's aggregator has it."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import Asset
from collectors.aws import _config

HEADER = Header(
    id="aws.config_aggregate_inventory",
    title="Resources in AWS Config's aggregator",
    kind="asset",
    population="Every resource that the organization's AWS Config aggregator holds, of all its accounts and regions.",
    provider="aws",
    per="organization",
    calls=(
        Api("config.describe_configuration_aggregators", ("config:DescribeConfigurationAggregators",)),
        Api(
            "config.describe_configuration_aggregator_sources_status",
            ("config:DescribeConfigurationAggregatorSourcesStatus",),
        ),
        Api("config.get_aggregate_discovered_resource_counts", ("config:GetAggregateDiscoveredResourceCounts",)),
        Api("config.select_aggregate_resource_config", ("config:SelectAggregateResourceConfig",)),
        Api("config.list_aggregate_discovered_resources", ("config:ListAggregateDiscoveredResources",)),
    ),
    exact=True,
    limits=(
        "Without an aggregator nothing is recorded; a note of the run says so.",
        "An account that does not run Config in a region is not told from one that has nothing there.",
        "A source that Config could not read to the end makes the run partial.",
        "Of a type that Config cannot query, only account, region, type, id and name are told: the tags are null.",
        "Of several aggregators the one of the organization that covers the most is read, and no other.",
    ),
)
SOURCES = "config.describe_configuration_aggregator_sources_status"
COUNTS = "config.get_aggregate_discovered_resource_counts"


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one asset per resource, type by type."""
    chosen = _aggregator(run)
    if chosen is None:
        run.note("there is no aggregator in the regions of this run")
        return
    client, name = chosen
    run.note(f"the aggregator read is {name} in {client.region}")
    sources = list(client.read(SOURCES, key="AggregatedSourceStatusList", ConfigurationAggregatorName=name))
    current = sum(one.get("LastUpdateStatus") == "SUCCEEDED" for one in sources)
    run.receipt(f"{SOURCES}, sources that are up to date", len(sources), current)
    counted = client.read(
        COUNTS, key="GroupedResourceCounts", ConfigurationAggregatorName=name, GroupByKey="RESOURCE_TYPE",
    )
    expected = 0
    for one in list(counted):
        expected += yield from _of_type(run, client, name, one)
    run.receipt(COUNTS, expected)


def _aggregator(run: Run[Aws]) -> tuple[Aws, str] | None:
    """Return the aggregator that covers the most, with the client of its region."""
    found: list[tuple[int, Aws, str]] = []
    for region in run.boundary.regions or (run.client.region,):
        client = run.client.at(region)
        for one in client.read("config.describe_configuration_aggregators", key="ConfigurationAggregators"):
            whole = one.get("OrganizationAggregationSource")
            found.append((2 if whole and whole.get("AllAwsRegions") else bool(whole), client,
                          one["ConfigurationAggregatorName"]))
    best = max(found, key=lambda one: one[0], default=None)
    return best and (best[1], best[2])


def _of_type(run: Run[Aws], client: Aws, name: str, told: dict[str, Any]) -> Generator[Record, None, int]:
    """Yield the resources of a type; return how many Config counts, counted again where it and we differ."""
    kind, count = told["GroupName"], told["ResourceCount"]
    aggregator = {"ConfigurationAggregatorName": name}
    seen = set[tuple[str, str, str]]()
    for item in client.population(
        "config.select_aggregate_resource_config", key=_config.answers, Expression=_config.query(kind),
        Limit=_config.LIMIT, **aggregator,
    ):
        seen.add((item["accountId"], item["awsRegion"], item["resourceId"]))
        yield Record(_config.asset(item), item)
    if len(seen) == count:
        return len(seen)
    for item in client.population(
        "config.list_aggregate_discovered_resources", key="ResourceIdentifiers", ResourceType=kind, **aggregator,
    ):
        if (item["SourceAccountId"], item["SourceRegion"], item["ResourceId"]) in seen:
            run.skip("listed again: the query gave it already")
        else:
            yield Record(_listed(item), item)
    again = client.read(
        COUNTS, key="GroupedResourceCounts", GroupByKey="RESOURCE_TYPE", Filters={"ResourceType": kind}, **aggregator,
    )
    return sum(int(one["ResourceCount"]) for one in again)


def _listed(item: dict[str, Any]) -> Asset:
    place = (item["SourceAccountId"], item["SourceRegion"], item["ResourceType"], item["ResourceId"])
    region = None if place[1] == "global" else place[1]
    return Asset(
        _config.ident(*place), name=item.get("ResourceName"), type=item["ResourceType"], provider="aws", region=region,
    )
