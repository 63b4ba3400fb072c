"""Snapshots of databases and volumes, and machine images: whom they are open to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from collectors.aws._arn import arn
from collectors.aws._settings import setting

GONE = "the snapshot was deleted while it was read"
HEADER = Header(
    id="aws.rds_snapshot_exposure",
    title="Snapshots and images open to others",
    kind="configuration",
    population="Every manual snapshot of an RDS instance or cluster, every snapshot of an EBS volume and every machine "
    "image that the account owns in this region, with whether the public can use it; and the account's own blocks.",
    provider="aws",
    per="region",
    calls=(
        Api("rds.describe_db_snapshots", ("rds:DescribeDBSnapshots",)),
        Api(
            "rds.describe_db_snapshot_attributes", ("rds:DescribeDBSnapshotAttributes",),
            answers={"DBSnapshotNotFound": GONE},
        ),
        Api("rds.describe_db_cluster_snapshots", ("rds:DescribeDBClusterSnapshots",)),
        Api(
            "rds.describe_db_cluster_snapshot_attributes", ("rds:DescribeDBClusterSnapshotAttributes",),
            answers={"DBClusterSnapshotNotFoundFault": GONE},
        ),
        Api("ec2.describe_snapshots", ("ec2:DescribeSnapshots",)),
        Api(
            "ec2.describe_snapshot_attribute", ("ec2:DescribeSnapshotAttribute",),
            answers={"InvalidSnapshot.NotFound": GONE},
        ),
        Api("ec2.get_snapshot_block_public_access_state", ("ec2:GetSnapshotBlockPublicAccessState",)),
        Api("ec2.describe_images", ("ec2:DescribeImages",)),
        Api("ec2.get_image_block_public_access_state", ("ec2:GetImageBlockPublicAccessState",)),
    ),
    limits=(
        "Automated snapshots of RDS cannot be shared, and are not among them.",
        "Which other accounts may use a snapshot of EBS or an image is not read: it would take a question about each.",
        "What the account's block keeps from the public may still be marked as public.",
    ),
)


class Databases(NamedTuple):
    """How the snapshots of a kind of database are listed and asked about."""

    listing: str
    items: str
    asking: str
    prefix: str


KINDS = (
    Databases("rds.describe_db_snapshots", "DBSnapshots", "rds.describe_db_snapshot_attributes", "DBSnapshot"),
    Databases("rds.describe_db_cluster_snapshots", "DBClusterSnapshots",
              "rds.describe_db_cluster_snapshot_attributes", "DBClusterSnapshot"),
)

BLOCKS = (
    ("ec2.get_snapshot_block_public_access_state", "snapshot", "State"),
    ("ec2.get_image_block_public_access_state", "image", "ImageBlockPublicAccessState"),
)


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield whether each is public, whom snapshots of databases are shared with, and the account's blocks."""
    for kind in KINDS:
        yield from _databases(run, kind)
    yield from _volumes(run)
    yield from _images(run)
    for call, what, member in BLOCKS:
        block = run.client.ask(call) or {}
        yield Record(setting(arn(run, "ec2", f"{what}/*"), "block_public_access", block.get(member)), block)


def _volumes(run: Run[Aws]) -> Iterator[Record]:
    """Yield whether each snapshot is public; only of those that EC2 lists as public the permissions are asked for."""
    listed = run.client.read(
        "ec2.describe_snapshots", key="Snapshots", OwnerIds=["self"], RestorableByUserIds=["all"], MaxResults=1000,
    )

    def permissions(item: dict[str, Any]) -> dict[str, Any] | None:
        return run.client.ask(
            "ec2.describe_snapshot_attribute", SnapshotId=item["SnapshotId"], Attribute="createVolumePermission",
        )

    public = {
        item["SnapshotId"]
        for item, answer in run.client.each(listed, permissions, unread={"CreateVolumePermissions": [{"Group": "all"}]})
        if answer and any(one.get("Group") == "all" for one in answer.get("CreateVolumePermissions") or ())
    }
    for item in run.client.population("ec2.describe_snapshots", key="Snapshots", OwnerIds=["self"], MaxResults=1000):
        snapshot = arn(run, "ec2", f"snapshot/{item['SnapshotId']}", account="")
        yield Record(setting(snapshot, "public", item["SnapshotId"] in public), item)


def _images(run: Run[Aws]) -> Iterator[Record]:
    images = run.client.population(
        "ec2.describe_images", key="Images", Owners=["self"], IncludeDeprecated=True, MaxResults=1000,
    )
    for item in images:
        image = arn(run, "ec2", f"image/{item['ImageId']}", account="")
        yield Record(setting(image, "public", item.get("Public")), item)


def _databases(run: Run[Aws], kind: Databases) -> Iterator[Record]:
    listed = run.client.population(kind.listing, key=kind.items, SnapshotType="manual", MaxRecords=100)
    identifier = f"{kind.prefix}Identifier"

    def attributes(item: dict[str, Any]) -> dict[str, Any] | None:
        return run.client.ask(kind.asking, **{identifier: item[identifier]})

    for item, answer in run.client.each(listed, attributes):
        if answer is None:
            run.skip(GONE)
            continue
        said = answer[f"{kind.prefix}AttributesResult"].get(f"{kind.prefix}Attributes") or ()
        shared = [who for one in said if one["AttributeName"] == "restore" for who in one.get("AttributeValues") or ()]
        raw = [{"operation": kind.listing, "item": item}, {"operation": kind.asking, "item": answer}]
        yield Record(setting(item[f"{kind.prefix}Arn"], "public", "all" in shared), raw)
        yield Record(setting(item[f"{kind.prefix}Arn"], "shared_with", [one for one in shared if one != "all"]), raw)
