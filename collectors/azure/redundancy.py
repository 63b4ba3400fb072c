"""Whether databases, groups of machines, gateways and stores stand in more than one zone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.azure import GRAPH, Azure
from agent.collector import Api, Header, Record, Run
from collectors.azure._settings import setting

HEADER = Header(
    id="azure.redundancy",
    title="Redundancy",
    kind="configuration",
    population=(
        "Every database, scale set, Kubernetes cluster, application gateway, service plan, cache and storage account "
        "of the subscription."
    ),
    provider="azure",
    per="member",
    calls=(Api(GRAPH, ("*/read",)),),
    limits=(
        "A single machine stands in one zone by nature, and is not judged.",
        "That a group spans zones does not say that it has machines in each.",
        "Regions without zones are told as one zone; replicas in other regions are not read, but of storage.",
    ),
)
QUERY = """resources
| where type in~ ('microsoft.sql/servers/databases', 'microsoft.sql/managedinstances',
    'microsoft.dbforpostgresql/flexibleservers', 'microsoft.dbformysql/flexibleservers',
    'microsoft.documentdb/databaseaccounts', 'microsoft.compute/virtualmachinescalesets',
    'microsoft.containerservice/managedclusters', 'microsoft.network/applicationgateways',
    'microsoft.web/serverfarms', 'microsoft.cache/redis', 'microsoft.storage/storageaccounts')
| where not(type =~ 'microsoft.sql/servers/databases' and name =~ 'master')
| project id, name, type, location, zones, sku, zoneRedundant = tobool(properties.zoneRedundant),
    availability = tostring(properties.highAvailability.mode), places = properties.locations,
    pools = properties.agentPoolProfiles
| order by id asc"""


def collect(run: Run[Azure]) -> Iterator[Record]:
    """Yield one record per resource and setting."""
    for item in run.client.population(GRAPH, query=QUERY):
        yield Record(setting(item["id"], "multi_az", _spread(item)), item)
        yield Record(setting(item["id"], "sku", (item.get("sku") or {}).get("name")), item)


def _spread(item: dict[str, Any]) -> bool | None:
    """Return whether it stands in several zones; None where Azure does not tell of this one."""
    kind = str(item.get("type")).lower()
    if kind.endswith("storageaccounts"):
        return "LRS" not in str((item.get("sku") or {}).get("name", "")).upper()
    if kind.endswith("flexibleservers"):
        return item.get("availability") == "ZoneRedundant"
    if kind.endswith("databaseaccounts"):
        places = item.get("places") or []
        return any(one.get("isZoneRedundant") for one in places) or len(places) > 1
    if kind.endswith("managedclusters"):
        pools = item.get("pools") or []
        return bool(pools) and all(len(one.get("availabilityZones") or ()) > 1 for one in pools)
    if kind.startswith(("microsoft.sql/", "microsoft.web/")):
        return item.get("zoneRedundant")
    return len(item.get("zones") or ()) > 1
