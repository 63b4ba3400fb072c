"""Servers under the management of Systems Manager with their software, and servers that are not under it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import Asset
from collectors.aws._arn import arn
from collectors.aws._tags import classification, environment, owner, tags_of

MANAGED = "ssm.describe_instance_information"
SOFTWARE = "ssm.list_inventory_entries"
SERVERS = "ec2.describe_instances"
HEADER = Header(
    id="aws.ssm_inventory",
    title="Managed servers with their software",
    kind="asset",
    population="Every server that Systems Manager manages in this region, in the cloud or elsewhere, with the software "
    "that it reported, and every running EC2 server that it does not manage.",
    provider="aws",
    per="region",
    calls=(
        Api(MANAGED, ("ssm:DescribeInstanceInformation",)),
        Api(SOFTWARE, ("ssm:ListInventoryEntries",),
            answers={"InvalidInstanceId": "the server was taken out of management while it was read"}),
        Api(SERVERS, ("ec2:DescribeInstances",)),
    ),
    cadence="P1D",
    limits=(
        "A running server that Systems Manager does not manage has `state` null; a managed one has its connection's.",
        "The software is in the artifact, in each server's raw record; a server without an inventory reported none.",
        "Managed servers have no tags here: aws.ec2_inventory has them.",
    ),
)


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one asset per managed server, then one per running server that is not managed."""
    client = run.client

    def software(server: dict[str, Any]) -> list[dict[str, Any]]:
        name = server["InstanceId"]
        return list(client.read(SOFTWARE, key="Entries", InstanceId=name, TypeName="AWS:Application", MaxResults=50))

    known: set[str] = set()
    servers = client.population(MANAGED, key="InstanceInformationList", MaxResults=50)
    for server, entries in client.each(servers, software):
        known.add(server["InstanceId"])
        yield Record(_managed(run, server), [
            {"operation": MANAGED, "item": server}, {"operation": SOFTWARE, "item": entries},
        ])
    running = [{"Name": "instance-state-name", "Values": ["running"]}]
    for server in client.population(SERVERS, key="Reservations[].Instances[]", Filters=running, MaxResults=1000):
        if server["InstanceId"] in known:
            run.skip("managed, and recorded as such")
        else:
            yield Record(_unmanaged(run, server), server)


def _managed(run: Run[Aws], server: dict[str, Any]) -> Asset:
    name, cloud = server["InstanceId"], server["InstanceId"].startswith("i-")
    return Asset(
        arn(run, "ec2", f"instance/{name}") if cloud else arn(run, "ssm", f"managed-instance/{name}"),
        name=server.get("ComputerName") or server.get("Name") or name,
        type="AWS::EC2::Instance" if cloud else "AWS::SSM::ManagedInstance",
        provider="aws",
        region=run.region,
        created_at=server.get("RegistrationDate"),
        state=server.get("PingStatus"),
    )


def _unmanaged(run: Run[Aws], server: dict[str, Any]) -> Asset:
    tags = tags_of(server.get("Tags"))
    return Asset(
        arn(run, "ec2", f"instance/{server['InstanceId']}"),
        name=tags.get("Name") or server["InstanceId"],
        type="AWS::EC2::Instance",
        provider="aws",
        region=run.region,
        owner=owner(tags),
        classification=classification(tags),
        environment=environment(tags),
        created_at=server.get("LaunchTime"),
        tags=tags,
    )
