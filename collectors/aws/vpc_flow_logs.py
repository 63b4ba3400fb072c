"""Networks and their flow logs: which VPC records its traffic, what of it, and where to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import LogSource
from collectors.aws._tags import tags_of

HEADER = Header(
    id="aws.vpc_flow_logs",
    title="VPC flow logs",
    kind="log_source",
    population="Every VPC that the account sees in this region, with and without flow logs.",
    provider="aws",
    per="region",
    calls=(
        Api("ec2.describe_vpcs", ("ec2:DescribeVpcs",)),
        Api("ec2.describe_flow_logs", ("ec2:DescribeFlowLogs",)),
        Api("ec2.describe_subnets", ("ec2:DescribeSubnets",)),
    ),
    limits=(
        "A VPC is `enabled` where a flow log of it, or of every subnet in it, is active and its delivery did not fail.",
        "A VPC shared by another account: only its owner sees the flow log, and `enabled` is null where we see none.",
        "Flow logs of single network interfaces are not counted.",
    ),
)

Logs = Mapping[str, list[dict[str, Any]]]


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one log source per VPC."""
    logs = _by("ResourceId", run.client.read("ec2.describe_flow_logs", key="FlowLogs", MaxResults=1000))
    subnets = _by("VpcId", run.client.read("ec2.describe_subnets", key="Subnets", MaxResults=1000))
    for vpc in run.client.population("ec2.describe_vpcs", key="Vpcs", MaxResults=1000):
        own = logs.get(vpc["VpcId"], [])
        below = [logs.get(one["SubnetId"], []) for one in subnets.get(vpc["VpcId"], [])]
        every = [*own, *(log for found in below for log in found)]
        raw = [
            {"operation": "ec2.describe_vpcs", "item": vpc},
            *({"operation": "ec2.describe_flow_logs", "item": log} for log in every),
        ]
        on = _works(own) or (bool(below) and all(_works(found) for found in below))
        shared = vpc.get("OwnerId", run.boundary.id) != run.boundary.id
        yield Record(_row(vpc, every, enabled=None if shared and not on else on), raw)


def _by(key: str, items: Iterator[dict[str, Any]]) -> Logs:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for item in items:
        found[item[key]].append(item)
    return found


def _works(logs: list[dict[str, Any]]) -> bool:
    return any(one.get("FlowLogStatus") == "ACTIVE" and one.get("DeliverLogsStatus") != "FAILED" for one in logs)


def _row(vpc: dict[str, Any], logs: list[dict[str, Any]], *, enabled: bool | None) -> LogSource:
    working = [one for one in logs if _works([one])]
    return LogSource(
        vpc["VpcId"],
        name=tags_of(vpc.get("Tags")).get("Name"),
        enabled=enabled,
        covers=list(dict.fromkeys(_what(one) for one in working)),
        destination=", ".join(dict.fromkeys(_where(one) for one in working)) or None,
    )


def _what(log: dict[str, Any]) -> str:
    """Return the traffic that is recorded, `traffic:ALL`, with the subnet where it is only of one."""
    of = log["ResourceId"]
    return f"traffic:{log['TrafficType']}{f' ({of})' if of.startswith('subnet-') else ''}"


def _where(log: dict[str, Any]) -> str:
    return str(log.get("LogDestination") or log.get("LogGroupName") or "unknown")
