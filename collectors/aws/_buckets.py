"""The buckets of an account, and the region in which each has to be asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api

LIST = Api("s3.list_buckets", ("s3:ListAllMyBuckets",))
GONE = {"NoSuchBucket": "the bucket was deleted while it was read"}
LOCATION = Api("s3.get_bucket_location", ("s3:GetBucketLocation",), answers=GONE)


def buckets(client: Aws) -> Iterator[dict[str, Any]]:
    """Yield every bucket, as a population; paged, for S3 refuses large accounts anything else."""
    return client.population("s3.list_buckets", key="Buckets", MaxBuckets=1000)


def arn(bucket: dict[str, Any]) -> str:
    """Return the bucket's ARN."""
    return bucket.get("BucketArn") or f"arn:aws:s3:::{bucket['Name']}"


def home(client: Aws, bucket: dict[str, Any]) -> Aws | None:
    """Return the client of the bucket's own region; None where the bucket is gone."""
    region = bucket.get("BucketRegion") or located(client, bucket["Name"])
    return client.at(region) if region else None


def located(client: Aws, name: str) -> str | None:
    """Return the region of a bucket by its name; None where the bucket is gone."""
    answer = client.ask("s3.get_bucket_location", Bucket=name)
    if answer is None:
        return None
    said = answer.get("LocationConstraint")
    return {"": "us-east-1", "EU": "eu-west-1"}.get(said or "", said)
