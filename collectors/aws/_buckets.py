"""The buckets of an account, the region in which each has to be asked, and what S3 blocks from the public."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api

LIST = Api("s3.list_buckets", ("s3:ListAllMyBuckets",))
GONE = {"NoSuchBucket": "the bucket was deleted while it was read"}
LOCATION = Api("s3.get_bucket_location", ("s3:GetBucketLocation",), answers=GONE)
BLOCKS = {
    "block_public_acls": "BlockPublicAcls",
    "ignore_public_acls": "IgnorePublicAcls",
    "block_public_policy": "BlockPublicPolicy",
    "restrict_public_buckets": "RestrictPublicBuckets",
}
"""The settings of a block of public access, and S3's names of them."""


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


def blocks(answer: dict[str, Any] | None) -> dict[str, bool | None]:
    """Return what the answer's block says by setting; None where there is no block, or it does not say."""
    said = (answer or {}).get("PublicAccessBlockConfiguration") or {}
    return {name: said.get(member) for name, member in BLOCKS.items()}


def policy_public(answer: dict[str, Any] | None) -> bool | None:
    """Return whether S3 calls the policy public, None where there is none."""
    found: bool | None = ((answer or {}).get("PolicyStatus") or {}).get("IsPublic")
    return found
