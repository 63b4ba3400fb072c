"""Whether virtual networks record their flows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.azure import GRAPH, Azure
from agent.collector import Api, Header, Record, Run
from agent.model import LogSource
from collectors.azure._answers import GONE, UNREGISTERED
from collectors.azure._ids import group, plain

WATCHERS, FLOWS = "network.network_watchers.list_all", "network.flow_logs.list"
HEADER = Header(
    id="azure.vnet_flow_logs",
    title="Flow logs of virtual networks",
    kind="log_source",
    population="Every virtual network of the subscription, with its flow log if it has one.",
    provider="azure",
    per="member",
    calls=(
        Api(GRAPH, ("Microsoft.ResourceGraph/resources/read", "Microsoft.Network/virtualNetworks/read")),
        Api(WATCHERS, ("Microsoft.Network/networkWatchers/read",), answers=UNREGISTERED),
        Api(FLOWS, ("Microsoft.Network/networkWatchers/flowLogs/read",), answers=GONE),
    ),
    limits=(
        "Flow logs of single subnets and network interfaces are no flow log of their network.",
        "Flow logs of network security groups, which Azure gives up in September 2027, are not among them.",
        "`retention_days` null means that no rule deletes what is recorded.",
    ),
)
QUERY = (
    "resources | where type =~ 'microsoft.network/virtualnetworks' | project id, name, location | order by id asc"
)


def collect(run: Run[Azure]) -> Iterator[Record]:
    """Yield one log source per network."""

    def flows(watcher: dict[str, Any]) -> list[dict[str, Any]]:
        return list(run.client.read(
            FLOWS, resourceGroupName=group(watcher["id"]), networkWatcherName=watcher["name"]
        ))

    known: dict[str, dict[str, Any]] = {}
    for _, found in run.client.each(run.client.read(WATCHERS), flows):
        for one in found:
            known[plain((one.get("properties") or {}).get("targetResourceId") or "")] = one
    for network in run.client.population(GRAPH, query=QUERY):
        flow = known.get(plain(network["id"]))
        raw = [{"operation": GRAPH, "item": network}, {"operation": FLOWS, "item": flow}]
        yield Record(_row(network, flow or {}), raw)


def _row(network: dict[str, Any], flow: dict[str, Any]) -> LogSource:
    said = flow.get("properties") or {}
    kept = said.get("retentionPolicy") or {}
    return LogSource(
        network["id"],
        name=network.get("name"),
        enabled=bool(said.get("enabled")),
        destination=said.get("storageId"),
        retention_days=(kept.get("days") or None) if kept.get("enabled") else None,
    )
