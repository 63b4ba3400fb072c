"""Whether what production stands on stands in more than one zone: databases, balancers, groups, gateways, caches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from collectors.aws._arn import arn
from collectors.aws._settings import setting

HEADER = Header(
    id="aws.redundancy",
    title="Redundancy over zones",
    kind="configuration",
    population="Every database, load balancer, auto scaling group, NAT gateway and cache of the account in this "
    "region, with whether it stands in more than one availability zone.",
    provider="aws",
    per="region",
    calls=(
        Api("rds.describe_db_clusters", ("rds:DescribeDBClusters",)),
        Api("rds.describe_db_instances", ("rds:DescribeDBInstances",)),
        Api("elbv2.describe_load_balancers", ("elasticloadbalancing:DescribeLoadBalancers",)),
        Api("elb.describe_load_balancers", ("elasticloadbalancing:DescribeLoadBalancers",)),
        Api("autoscaling.describe_auto_scaling_groups", ("autoscaling:DescribeAutoScalingGroups",)),
        Api("ec2.describe_subnets", ("ec2:DescribeSubnets",)),
        Api("ec2.describe_nat_gateways", ("ec2:DescribeNatGateways",)),
        Api("elasticache.describe_replication_groups", ("elasticache:DescribeReplicationGroups",)),
    ),
    cadence="P1D",
    limits=(
        "Read replicas and members of a cluster are skipped: their source, or their cluster, is judged.",
        "`multi_az` of a NAT gateway is true where it is regional, or its network has another in another zone.",
        "Whether the targets of a load balancer are healthy is not read; nor are caches without a replication group.",
        "That a group spans zones does not say that it has servers in each: see `min_size`.",
    ),
)
HERE = ("pending", "available")


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one record per resource and setting."""
    yield from _databases(run)
    for one in run.client.population("elbv2.describe_load_balancers", key="LoadBalancers", PageSize=400):
        zones = [zone["ZoneName"] for zone in one.get("AvailabilityZones") or ()]
        yield from _zones(one["LoadBalancerArn"], zones, one)
    for one in run.client.population("elb.describe_load_balancers", key="LoadBalancerDescriptions", PageSize=400):
        place = arn(run, "elasticloadbalancing", f"loadbalancer/{one['LoadBalancerName']}")
        yield from _zones(place, one.get("AvailabilityZones") or [], one)
    groups = run.client.population("autoscaling.describe_auto_scaling_groups", key="AutoScalingGroups", MaxRecords=100)
    for one in groups:
        yield from _zones(one["AutoScalingGroupARN"], one.get("AvailabilityZones") or [], one)
        yield Record(setting(one["AutoScalingGroupARN"], "min_size", one.get("MinSize")), one)
    yield from _gateways(run)
    call = "elasticache.describe_replication_groups"
    for one in run.client.population(call, key="ReplicationGroups", MaxRecords=100):
        said = {"enabled": True, "disabled": False}.get(one.get("MultiAZ", ""))
        yield Record(setting(one["ARN"], "multi_az", said), one)


def _databases(run: Run[Aws]) -> Iterator[Record]:
    for one in run.client.population("rds.describe_db_clusters", key="DBClusters", MaxRecords=100):
        yield Record(setting(one["DBClusterArn"], "multi_az", one.get("MultiAZ")), one)
    for one in run.client.population("rds.describe_db_instances", key="DBInstances", MaxRecords=100):
        if one.get("DBClusterIdentifier") or one.get("ReadReplicaSourceDBInstanceIdentifier"):
            run.skip("a member of a cluster or a read replica")
        else:
            yield Record(setting(one["DBInstanceArn"], "multi_az", one.get("MultiAZ")), one)


def _zones(place: str, zones: list[str], item: dict[str, Any]) -> Iterator[Record]:
    yield Record(setting(place, "multi_az", len(set(zones)) > 1), item)
    yield Record(setting(place, "availability_zones", sorted(set(zones))), item)


def _gateways(run: Run[Aws]) -> Iterator[Record]:
    """Yield each gateway, judged with the others of its network; the zone of a gateway is that of its subnet."""
    zone = {one["SubnetId"]: one.get("AvailabilityZone")
            for one in run.client.read("ec2.describe_subnets", key="Subnets", MaxResults=1000)}
    # A network's gateways may lie on two pages: all are read before the first is judged.
    states = [{"Name": "state", "Values": list(HERE)}]
    gateways = list(run.client.read("ec2.describe_nat_gateways", key="NatGateways", Filter=states, MaxResults=1000))
    zones = defaultdict(set)
    for one in gateways:
        zones[one.get("VpcId")].add("every" if _regional(one) else zone.get(one.get("SubnetId")))
    for one in gateways:
        place, known = arn(run, "ec2", f"natgateway/{one['NatGatewayId']}"), zones[one.get("VpcId")]
        spread = True if _regional(one) or len(known - {None}) > 1 else None if None in known else False
        yield Record(setting(place, "multi_az", spread), one)
        yield Record(setting(place, "vpc", one.get("VpcId")), one)


def _regional(gateway: dict[str, Any]) -> bool:
    return gateway.get("AvailabilityMode") == "regional"
