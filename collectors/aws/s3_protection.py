"""What protects the objects of each S3 bucket from loss: versions, object lock, replicas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from collectors.aws import _buckets
from collectors.aws._settings import setting

HEADER = Header(
    id="aws.s3_protection",
    title="Versions, locks and replicas of S3 buckets",
    kind="configuration",
    population="Every S3 bucket of the account, with whether it keeps versions, locks objects and replicates them.",
    provider="aws",
    per="boundary",
    calls=(
        _buckets.LIST,
        _buckets.LOCATION,
        Api("s3.get_bucket_versioning", ("s3:GetBucketVersioning",), answers=_buckets.GONE),
        Api(
            "s3.get_object_lock_configuration",
            ("s3:GetBucketObjectLockConfiguration",),
            answers={**_buckets.GONE, "ObjectLockConfigurationNotFoundError": "the bucket has no object lock"},
        ),
        Api(
            "s3.get_bucket_replication",
            ("s3:GetReplicationConfiguration",),
            answers={**_buckets.GONE, "ReplicationConfigurationNotFoundError": "the bucket replicates nothing"},
        ),
    ),
    limits=(
        "A bucket of which one answer was refused is left out, and the refused call is named.",
        "A rule of replication says what is to be copied; whether copies arrived it does not say.",
        "A bucket that never kept versions has no value for `versioning` and `mfa_delete`.",
        "Backups of buckets by AWS Backup are told by aws.backup_coverage.",
    ),
)


class Told(NamedTuple):
    """What a bucket answered; None where the setting does not exist."""

    versioning: dict[str, Any]
    lock: dict[str, Any] | None
    replication: dict[str, Any] | None


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one record per bucket and setting."""

    def ask(bucket: dict[str, Any]) -> Told | None:
        client, name = _buckets.home(run.client, bucket), bucket["Name"]
        versioning = client.ask("s3.get_bucket_versioning", Bucket=name) if client else None
        if client is None or versioning is None:
            return None
        lock = client.ask("s3.get_object_lock_configuration", Bucket=name)
        return Told(versioning, lock, client.ask("s3.get_bucket_replication", Bucket=name))

    for bucket, told in run.client.each(_buckets.buckets(run.client), ask):
        if told is None:
            run.skip("deleted while it was read")
            continue
        raw = [
            {"operation": "s3.list_buckets", "item": bucket},
            {"operation": "s3.get_bucket_versioning", "item": told.versioning},
            {"operation": "s3.get_object_lock_configuration", "item": told.lock},
            {"operation": "s3.get_bucket_replication", "item": told.replication},
        ]
        for name, value in _settings(told).items():
            yield Record(setting(_buckets.arn(bucket), name, value), raw)


def _settings(told: Told) -> dict[str, Any]:
    lock = (told.lock or {}).get("ObjectLockConfiguration") or {}
    rules = ((told.replication or {}).get("ReplicationConfiguration") or {}).get("Rules") or ()
    return {
        "versioning": told.versioning.get("Status"),
        "mfa_delete": told.versioning.get("MFADelete"),
        "object_lock": lock.get("ObjectLockEnabled"),
        "object_lock_retention": (lock.get("Rule") or {}).get("DefaultRetention"),
        "replication": [_rule(one) for one in rules] or None,
    }


def _rule(rule: dict[str, Any]) -> dict[str, Any]:
    """Return where a rule copies to, and what of the bucket (a whole bucket has an empty filter)."""
    return {
        "status": rule["Status"],
        "to": rule["Destination"]["Bucket"],
        "account": rule["Destination"].get("Account"),
        "filter": rule.get("Filter") or {"Prefix": rule.get("Prefix") or ""},
    }
