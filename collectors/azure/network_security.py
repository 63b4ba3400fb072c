"""What networks let in from the world, and which subnets nobody guards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.azure import GRAPH, Azure
from agent.collector import Api, Header, Record, Run
from collectors.azure._ids import name
from collectors.azure._settings import setting

PORTS = (
    21, 22, 23, 135, 137, 138, 139, 389, 445, 636, 873, 1433, 1434, 1521, 2049, 2375, 2376, 2379, 2483, 2484, 3306,
    3389, 5432, 5439, 5601, 5900, 5985, 5986, 6379, 6443, 9042, 9092, 9200, 9300, 10250, 11211, 27017, 27018, 27019,
)
"""Ports by which servers are administered and databases and files are read."""
HEADER = Header(
    id="azure.network_security",
    title="Network security",
    kind="configuration",
    population="Every security group with its rules, every subnet, every firewall and web policy of the subscription.",
    provider="azure",
    per="member",
    calls=(
        Api(GRAPH, (
            "Microsoft.ResourceGraph/resources/read", "Microsoft.Network/networkSecurityGroups/read",
            "Microsoft.Network/virtualNetworks/read", "Microsoft.Network/azureFirewalls/read",
        )),
    ),
    limits=(
        "Each rule is judged by itself: one of higher priority may close what it opens.",
        "Rules that Azure adds to every security group are not told.",
        "Rules of firewalls and of the network manager are not read.",
        "Web policies are read where the identity may read them; Azure does not say where it may not.",
    ),
)
QUERY = """resources
| where type in~ ('microsoft.network/networksecuritygroups', 'microsoft.network/virtualnetworks',
    'microsoft.network/azurefirewalls', 'microsoft.network/applicationgatewaywebapplicationfirewallpolicies',
    'microsoft.network/frontdoorwebapplicationfirewallpolicies')
| project id, name, type, rules = properties.securityRules, subnets = properties.subnets,
    interfaces = properties.networkInterfaces, intelligence = tostring(properties.threatIntelMode),
    policy = properties.policySettings
| order by id asc"""
WORLD = ("*", "0.0.0.0/0", "::/0", "internet", "any")
THROUGH = ("*", "tcp", "udp")
OWN = ("GatewaySubnet", "AzureFirewallSubnet", "AzureFirewallManagementSubnet", "RouteServerSubnet")
"""Subnets that take no security group."""


def collect(run: Run[Azure]) -> Iterator[Record]:
    """Yield one record per thing and setting."""
    for item in run.client.population(GRAPH, query=QUERY):
        found = list(_settings(item))
        if not found:
            run.skip("a network without a subnet that could be guarded")
        for resource, setting_name, value in found:
            yield Record(setting(resource, setting_name, value), item)


def _settings(item: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    kind = str(item.get("type")).lower()
    if kind.endswith("networksecuritygroups"):
        yield item["id"], "attached", bool(item.get("subnets") or item.get("interfaces"))
        for rule in item.get("rules") or ():
            yield from _rule(item, rule)
    elif kind.endswith("virtualnetworks"):
        for subnet in item.get("subnets") or ():
            if name(subnet["id"]) not in OWN:
                guard = (subnet.get("properties") or {}).get("networkSecurityGroup") or {}
                yield subnet["id"], "security_group", guard.get("id")
    elif kind.endswith("azurefirewalls"):
        yield item["id"], "threat_intelligence", item.get("intelligence") or None
    else:
        said = item.get("policy") or {}
        yield item["id"], "blocks", said.get("mode") == "Prevention" and _on(said)


def _on(said: dict[str, Any]) -> bool:
    return said.get("state", said.get("enabledState")) == "Enabled"


def _rule(item: dict[str, Any], rule: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    said, place = rule.get("properties") or {}, rule.get("id") or f"{item['id']}/securityRules/{rule.get('name')}"
    world = _from_world(said)
    yield place, "direction", said.get("direction")
    yield place, "access", said.get("access")
    yield place, "open_to_world", world
    yield place, "open_admin_port", world and _opens(said)


def _from_world(said: dict[str, Any]) -> bool:
    if said.get("direction") != "Inbound" or said.get("access") != "Allow":
        return False
    sources = [said.get("sourceAddressPrefix"), *(said.get("sourceAddressPrefixes") or ())]
    return any(str(one).lower() in WORLD for one in sources)


def _opens(said: dict[str, Any]) -> bool:
    if str(said.get("protocol")).lower() not in THROUGH:
        return False
    ranges = [said.get("destinationPortRange"), *(said.get("destinationPortRanges") or ())]
    return any(_within(port, str(one)) for one in ranges if one for port in PORTS)


def _within(port: int, text: str) -> bool:
    if text == "*":
        return True
    low, _, high = text.partition("-")
    return low.isdigit() and int(low) <= port <= int(high if high.isdigit() else low)
