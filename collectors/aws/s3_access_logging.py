"""Whether each S3 bucket logs who reads and writes its objects, and where that log goes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import LogSource
from collectors.aws import _buckets

HEADER = Header(
    id="aws.s3_access_logging",
    title="Access logs of S3 buckets",
    kind="log_source",
    population="Every S3 bucket of the account, whether it logs access to it or not.",
    provider="aws",
    per="boundary",
    calls=(
        _buckets.LIST,
        _buckets.LOCATION,
        Api("s3.get_bucket_logging", ("s3:GetBucketLogging",), answers=_buckets.GONE),
    ),
    limits=(
        "A bucket whose setting could not be read is recorded with `enabled` null.",
        "CloudTrail may record access to objects too: aws.cloudtrail_trails says of which.",
    ),
)

UNREAD: dict[str, Any] = {"unread": True}


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one log source per bucket."""

    def logging(bucket: dict[str, Any]) -> dict[str, Any] | None:
        client = _buckets.home(run.client, bucket)
        return client.ask("s3.get_bucket_logging", Bucket=bucket["Name"]) if client else None

    for bucket, answer in run.client.each(_buckets.buckets(run.client), logging, unread=UNREAD):
        if answer is None:
            run.skip("deleted while it was read")
            continue
        raw = [
            {"operation": "s3.list_buckets", "item": bucket},
            {"operation": "s3.get_bucket_logging", "item": None if answer is UNREAD else answer},
        ]
        yield Record(_row(bucket, answer.get("LoggingEnabled"), read=answer is not UNREAD), raw)


def _row(bucket: dict[str, Any], said: dict[str, Any] | None, *, read: bool) -> LogSource:
    return LogSource(
        _buckets.arn(bucket),
        name=bucket["Name"],
        enabled=said is not None if read else None,
        destination=f"s3://{said['TargetBucket']}/{said.get('TargetPrefix') or ''}" if said else None,
    )
