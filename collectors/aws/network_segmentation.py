"""How networks are kept apart: what security groups let in from the world, and where subnets and routes lead."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from collectors.aws._arn import arn
from collectors.aws._settings import setting

PORTS = (
    21, 22, 23, 135, 137, 138, 139, 389, 445, 636, 873, 1433, 1434, 1521, 2049, 2375, 2376, 2379, 2483, 2484, 3306,
    3389, 5432, 5439, 5601, 5900, 5985, 5986, 6379, 6443, 9042, 9092, 9200, 9300, 10250, 11211, 27017,
    27018, 27019,
)
"""Ports by which servers are administered and databases and files are read."""
HEADER = Header(
    id="aws.network_segmentation",
    title="Separation of networks",
    kind="configuration",
    population="Every security group, subnet and route table of the account in this region, with what it lets through.",
    provider="aws",
    per="region",
    calls=(
        Api("ec2.describe_security_groups", ("ec2:DescribeSecurityGroups",)),
        Api("ec2.describe_subnets", ("ec2:DescribeSubnets",)),
        Api("ec2.describe_route_tables", ("ec2:DescribeRouteTables",)),
    ),
    limits=(
        "`open_admin_port` is a rule for the world, or half of it, on a port of administration, databases or files.",
        "Rules that name a prefix list are not resolved; network ACLs are not read.",
        "Load balancers and public addresses of servers are not read: a group may be open, and nothing behind it.",
    ),
)
DEFAULT = ("0.0.0.0/0", "::/0")
HALVES = ("0.0.0.0/1", "128.0.0.0/1", "::/1", "8000::/1")
TARGETS = (
    "GatewayId", "NatGatewayId", "TransitGatewayId", "VpcPeeringConnectionId", "EgressOnlyInternetGatewayId",
    "NetworkInterfaceId", "LocalGatewayId", "CarrierGatewayId", "CoreNetworkArn",
)
NEIGHBOURS = ("TransitGatewayId", "VpcPeeringConnectionId", "CoreNetworkArn")


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one record per setting of each group, subnet and route table."""
    for group in run.client.population("ec2.describe_security_groups", key="SecurityGroups", MaxResults=1000):
        yield from _records(run, "security-group", group["GroupId"], group, _group(group))
    for subnet in run.client.population("ec2.describe_subnets", key="Subnets", MaxResults=1000):
        told = {"vpc": subnet.get("VpcId"), "public_ip_on_launch": subnet.get("MapPublicIpOnLaunch")}
        yield from _records(run, "subnet", subnet["SubnetId"], subnet, told)
    for table in run.client.population("ec2.describe_route_tables", key="RouteTables", MaxResults=100):
        yield from _records(run, "route-table", table["RouteTableId"], table, _table(table))


def _records(run: Run[Aws], kind: str, name: str, item: dict[str, Any], settings: dict[str, Any]) -> Iterator[Record]:
    place = arn(run, "ec2", f"{kind}/{name}", account=item.get("OwnerId"))
    for title, value in settings.items():
        yield Record(setting(place, title, value), item)


def _group(group: dict[str, Any]) -> dict[str, Any]:
    ranges = [_range(rule) for rule in group.get("IpPermissions") or () if _for_all(rule)]
    return {
        "vpc": group.get("VpcId"),
        "default_group": group.get("GroupName") == "default",
        "ingress_rules": len(group.get("IpPermissions") or ()),
        "open_ports": [f"{protocol} {low}-{high}" for protocol, low, high in ranges],
        "open_admin_port": any(low <= port <= high for _, low, high in ranges for port in PORTS),
    }


def _for_all(rule: dict[str, Any]) -> bool:
    nets = [one.get("CidrIp") for one in rule.get("IpRanges") or ()]
    nets += [one.get("CidrIpv6") for one in rule.get("Ipv6Ranges") or ()]
    return rule.get("IpProtocol") in ("tcp", "udp", "6", "17", "-1") and any(
        net in (*DEFAULT, *HALVES) for net in nets
    )


def _range(rule: dict[str, Any]) -> tuple[str, int, int]:
    protocol = {"-1": "all", "6": "tcp", "17": "udp"}.get(rule["IpProtocol"], rule["IpProtocol"])
    low, high = rule.get("FromPort", 0), rule.get("ToPort", 65535)
    return protocol, max(low, 0), 65535 if high < 0 else high


def _table(table: dict[str, Any]) -> dict[str, Any]:
    routes = [one for one in table.get("Routes") or () if one.get("State") != "blackhole"]
    out = [one for one in routes if (one.get("DestinationCidrBlock") or one.get("DestinationIpv6CidrBlock")) in DEFAULT]
    targets = {one[member] for one in out for member in TARGETS if one.get(member)}
    others = {one[member] for one in routes for member in NEIGHBOURS if one.get(member)}
    associations = table.get("Associations") or ()
    return {
        "vpc": table.get("VpcId"),
        "main": any(one.get("Main") for one in associations),
        "subnets": sorted(one["SubnetId"] for one in associations if one.get("SubnetId")),
        "default_routes": sorted(targets),
        "internet_route": any(target.startswith("igw-") for target in targets),
        "other_networks": sorted(others),
    }
