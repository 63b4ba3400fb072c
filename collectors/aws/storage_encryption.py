"""Whether disks, databases and file systems are encrypted, and with whose key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from collectors.aws._arn import arn
from collectors.aws._settings import setting

HEADER = Header(
    id="aws.storage_encryption",
    title="Encryption of stored data",
    kind="configuration",
    population="Every EBS volume, RDS instance and cluster and EFS file system of this region, encrypted or not, and "
    "whether new volumes are encrypted by default.",
    provider="aws",
    per="region",
    calls=(
        Api("ec2.get_ebs_encryption_by_default", ("ec2:GetEbsEncryptionByDefault",)),
        Api("ec2.describe_volumes", ("ec2:DescribeVolumes",)),
        Api("rds.describe_db_instances", ("rds:DescribeDBInstances",)),
        Api("rds.describe_db_clusters", ("rds:DescribeDBClusters",)),
        Api("efs.describe_file_systems", ("elasticfilesystem:DescribeFileSystems",)),
    ),
    limits=(
        "S3 and DynamoDB encrypt everything that they store: aws.s3_protection has the buckets' keys.",
        "`kms_key` has no value where nothing is encrypted.",
        "Redshift, OpenSearch, ElastiCache and FSx are not read.",
    ),
)


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield two records per store, `encrypted` and `kms_key`, and one of the default of the region."""
    answer = run.client.ask("ec2.get_ebs_encryption_by_default")
    if answer is not None:
        place = arn(run, "ec2", "volume/*")
        yield Record(setting(place, "encrypted_by_default", answer.get("EbsEncryptionByDefault")), answer)
    for one in run.client.population("ec2.describe_volumes", key="Volumes", MaxResults=500):
        yield from _two(arn(run, "ec2", f"volume/{one['VolumeId']}"), one, "Encrypted")
    for one in run.client.population("rds.describe_db_instances", key="DBInstances"):
        yield from _two(one["DBInstanceArn"], one, "StorageEncrypted")
    for one in run.client.population("rds.describe_db_clusters", key="DBClusters"):
        yield from _two(one["DBClusterArn"], one, "StorageEncrypted")
    for one in run.client.population("efs.describe_file_systems", key="FileSystems", MaxItems=100):
        place = one.get("FileSystemArn") or arn(run, "elasticfilesystem", f"file-system/{one['FileSystemId']}")
        yield from _two(place, one, "Encrypted")


def _two(resource: str, store: dict[str, Any], member: str) -> Iterator[Record]:
    yield Record(setting(resource, "encrypted", store.get(member)), store)
    yield Record(setting(resource, "kms_key", store.get("KmsKeyId")), store)
