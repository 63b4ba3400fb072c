"""What AWS Backup protects, and what it could protect and does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from collectors.aws._arn import arn, partition
from collectors.aws._settings import setting

HEADER = Header(
    id="aws.backup_coverage",
    title="What AWS Backup protects, and what not",
    kind="configuration",
    population="Every resource of the account in this region of which AWS Backup holds a recovery point, and every "
    "instance, volume, database, table, file system and bucket of which it could and does not.",
    provider="aws",
    per="region",
    calls=(
        Api("backup.list_protected_resources", ("backup:ListProtectedResources",)),
        Api("ec2.describe_instances", ("ec2:DescribeInstances",)),
        Api("ec2.describe_volumes", ("ec2:DescribeVolumes",)),
        Api("rds.describe_db_clusters", ("rds:DescribeDBClusters",)),
        Api("rds.describe_db_instances", ("rds:DescribeDBInstances",)),
        Api("dynamodb.list_tables", ("dynamodb:ListTables",)),
        Api("efs.describe_file_systems", ("elasticfilesystem:DescribeFileSystems",)),
        Api("s3.list_buckets", ("s3:ListAllMyBuckets",)),
    ),
    limits=(
        "Backups that AWS Backup did not make do not count: aws.rds_backups and others tell them.",
        "Of other services (FSx, Redshift, Storage Gateway, stacks, virtual machines) only what is protected is seen.",
        "A recovery point counts whatever its state and age; `last_backup` tells the age.",
        "`exists` is of a protected resource that is still there; of deleted ones and other services is no such row.",
        "A resource that was deleted stays protected here as long as AWS Backup keeps a recovery point of it.",
        "An instance counts as protected where each of its volumes is, a volume where its instance is: `protected_by`.",
        "Whether a resource needs a backup at all (a cache, a worker made anew each day) AWS does not know.",
    ),
)


class Found(NamedTuple):
    """A resource that could be protected: its ARN, another under which AWS Backup may know it, its volumes."""

    arn: str
    alias: str = ""
    parts: tuple[str, ...] = ()


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield what is protected, then what is not; nothing is called unprotected before all of the first is read."""
    protected: set[str] = set()
    for item in run.client.population("backup.list_protected_resources", key="Results", MaxResults=1000):
        protected.add(item["ResourceArn"])
        yield Record(setting(item["ResourceArn"], "protected", value=True), item)
        yield Record(setting(item["ResourceArn"], "last_backup", item.get("LastBackupTime")), item)
    whole: dict[str, str] = {}
    for kind in KINDS:
        for item in run.client.population(kind.call, key=kind.key, **kind.parameters(run)):
            found = kind.found(run, item)
            if found is None:
                run.skip("not there any more, or protected with its cluster")
            elif held := protected & {found.arn, found.alias}:
                whole |= dict.fromkeys(found.parts, found.arn)
                yield from (Record(setting(one, "exists", value=True), item) for one in sorted(held))
            else:
                yield from _left(found, protected, whole, item)


def _left(found: Found, protected: set[str], whole: dict[str, str], item: Any) -> Iterator[Record]:
    """Yield what is not protected by itself: perhaps with the instance it belongs to, or by all of its volumes."""
    parts = list(found.parts) if protected.issuperset(found.parts) else []
    through = [whole[found.arn]] if found.arn in whole else parts
    yield Record(setting(found.arn, "protected", bool(through)), item)
    if through:
        yield Record(setting(found.arn, "protected_by", through), item)


def _instance(run: Run[Aws], item: dict[str, Any]) -> Found | None:
    if item["State"]["Name"] in ("terminated", "shutting-down"):
        return None
    mapped = [one["Ebs"]["VolumeId"] for one in item.get("BlockDeviceMappings") or () if "Ebs" in one]
    volumes = tuple(arn(run, "ec2", f"volume/{one}") for one in mapped)
    return Found(arn(run, "ec2", f"instance/{item['InstanceId']}"), parts=volumes)


def _volume(run: Run[Aws], item: dict[str, Any]) -> Found | None:
    return Found(arn(run, "ec2", f"volume/{item['VolumeId']}"))


def _cluster(run: Run[Aws], item: dict[str, Any]) -> Found | None:
    return Found(item["DBClusterArn"], arn(run, "rds", f"cluster:{item.get('DbClusterResourceId')}"))


def _database(run: Run[Aws], item: dict[str, Any]) -> Found | None:
    if item.get("DBClusterIdentifier"):
        return None
    return Found(item["DBInstanceArn"], arn(run, "rds", f"db:{item.get('DbiResourceId')}"))


def _table(run: Run[Aws], item: str) -> Found | None:
    return Found(arn(run, "dynamodb", f"table/{item}"))


def _files(run: Run[Aws], item: dict[str, Any]) -> Found | None:
    return Found(item.get("FileSystemArn") or arn(run, "elasticfilesystem", f"file-system/{item['FileSystemId']}"))


def _bucket(run: Run[Aws], item: dict[str, Any]) -> Found | None:
    return Found(f"arn:{partition(run.region)}:s3:::{item['Name']}")


class Kind(NamedTuple):
    """How the resources of a kind are listed, and what each is."""

    call: str
    key: str
    found: Callable[[Run[Aws], Any], Found | None]
    parameters: Callable[[Run[Aws]], dict[str, Any]]


KINDS = (
    Kind("ec2.describe_instances", "Reservations[].Instances[]", _instance, lambda _: {"MaxResults": 1000}),
    Kind("ec2.describe_volumes", "Volumes", _volume, lambda _: {"MaxResults": 500}),
    Kind("rds.describe_db_clusters", "DBClusters", _cluster, lambda _: {"MaxRecords": 100}),
    Kind("rds.describe_db_instances", "DBInstances", _database, lambda _: {"MaxRecords": 100}),
    Kind("dynamodb.list_tables", "TableNames", _table, lambda _: {"Limit": 100}),
    Kind("efs.describe_file_systems", "FileSystems", _files, lambda _: {"MaxItems": 100}),
    Kind("s3.list_buckets", "Buckets", _bucket, lambda run: {"MaxBuckets": 1000, "BucketRegion": run.region}),
)
