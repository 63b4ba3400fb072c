"""The virtual servers of EC2, running or stopped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import Asset
from collectors.aws._arn import arn
from collectors.aws._tags import classification, environment, owner, tags_of

HEADER = Header(
    id="aws.ec2_inventory",
    title="EC2 instances",
    kind="asset",
    population="Every EC2 instance of the account in this region, whatever its state.",
    provider="aws",
    per="region",
    calls=(Api("ec2.describe_instances", ("ec2:DescribeInstances",)),),
    limits=(
        "A terminated instance is listed for about an hour, with that state.",
        "`created_at` is the last launch: EC2 forgets the first one when an instance is stopped and started.",
        "Machines outside EC2 are not among them: aws.ssm_inventory has those that Systems Manager manages.",
    ),
)


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one asset per instance."""
    found = run.client.population("ec2.describe_instances", key="Reservations[].Instances[]", MaxResults=1000)
    for instance in found:
        yield Record(_row(run, instance), instance)


def _row(run: Run[Aws], instance: dict[str, Any]) -> Asset:
    tags = tags_of(instance.get("Tags"))
    return Asset(
        arn(run, "ec2", f"instance/{instance['InstanceId']}"),
        name=tags.get("Name") or instance["InstanceId"],
        type="AWS::EC2::Instance",
        provider="aws",
        region=run.region,
        owner=owner(tags),
        classification=classification(tags),
        environment=environment(tags),
        created_at=instance.get("LaunchTime"),
        state=(instance.get("State") or {}).get("Name"),
        tags=tags,
    )
