"""Snapshots of EBS volumes, and volumes that have none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import Backup
from collectors.aws._arn import arn

HEADER = Header(
    id="aws.ebs_snapshots",
    title="Snapshots of EBS volumes",
    kind="backup",
    population="Every snapshot that the account owns in this region, and every volume of it that has no snapshot here.",
    provider="aws",
    per="region",
    calls=(
        Api("ec2.describe_locked_snapshots", ("ec2:DescribeLockedSnapshots",)),
        Api("ec2.describe_snapshots", ("ec2:DescribeSnapshots",)),
        Api("ec2.describe_volumes", ("ec2:DescribeVolumes",)),
    ),
    limits=(
        "A volume without snapshots has `outcome` null, as of the start of the run.",
        "A copied snapshot does not tell its volume: `resource` is null.",
        "`retained_until` is the end of the snapshot's own lock; when a policy will delete it, EC2 does not tell.",
        "A lock in governance mode can be taken off by those with the permission: its `immutable` is false.",
        "Snapshots in the recycle bin, and copies in other regions and accounts, are not among them.",
    ),
)

OUTCOMES = {
    "completed": "completed", "pending": "running", "error": "failed", "recoverable": "expired",
    "recovering": "running",
}
NO_VOLUME = "vol-ffffffff"  # what EC2 says of a snapshot that was copied or imported
FIRM = {"compliance": True, "compliance-cooloff": False, "governance": False, "expired": False}


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one backup per snapshot, and one without outcome per volume that has no snapshot."""
    found = run.client.read("ec2.describe_locked_snapshots", key="Snapshots", MaxResults=1000)
    locks = {lock["SnapshotId"]: lock for lock in found}
    seen: set[str] = set()
    snapshots = run.client.population("ec2.describe_snapshots", key="Snapshots", OwnerIds=["self"], MaxResults=1000)
    for item in snapshots:
        seen.add(item["VolumeId"])
        yield Record(_snapshot(run, item, locks.get(item["SnapshotId"])), item)
    for item in run.client.population("ec2.describe_volumes", key="Volumes", MaxResults=500):
        if item["VolumeId"] in seen:
            run.skip("its snapshots are recorded")
        else:
            volume = arn(run, "ec2", f"volume/{item['VolumeId']}")
            yield Record(Backup(f"{volume}#snapshots", resource=volume, occurred_at=run.started), item)


def _snapshot(run: Run[Aws], item: dict[str, Any], lock: dict[str, Any] | None) -> Backup:
    volume = item["VolumeId"]
    return Backup(
        arn(run, "ec2", f"snapshot/{item['SnapshotId']}", account=""),
        resource=arn(run, "ec2", f"volume/{volume}") if volume != NO_VOLUME else None,
        outcome=OUTCOMES.get(item["State"], item["State"]),
        retained_until=lock.get("LockExpiresOn") if lock else None,
        encrypted=item.get("Encrypted"),
        immutable=FIRM.get(lock["LockState"]) if lock else False,
        occurred_at=item["StartTime"],
    )
