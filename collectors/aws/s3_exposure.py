"""Whether S3 buckets, and the account as a whole, are shut to the public."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from collectors.aws import _buckets
from collectors.aws._settings import setting

HEADER = Header(
    id="aws.s3_exposure",
    title="Public exposure of S3 buckets",
    kind="configuration",
    population="Every setting that shuts a bucket to the public, of every S3 bucket of the account and of the account.",
    provider="aws",
    per="boundary",
    calls=(
        Api(
            "s3control.get_public_access_block",
            ("s3:GetAccountPublicAccessBlock",),
            answers={"NoSuchPublicAccessBlockConfiguration": "the account blocks nothing"},
        ),
        _buckets.LIST,
        _buckets.LOCATION,
        Api(
            "s3.get_public_access_block",
            ("s3:GetBucketPublicAccessBlock",),
            answers=_buckets.GONE | {"NoSuchPublicAccessBlockConfiguration": "the bucket itself blocks nothing"},
        ),
        Api(
            "s3.get_bucket_policy_status",
            ("s3:GetBucketPolicyStatus",),
            answers=_buckets.GONE | {"NoSuchBucketPolicy": "the bucket has no policy"},
        ),
        Api("s3.get_bucket_acl", ("s3:GetBucketAcl",), answers=_buckets.GONE),
        Api(
            "s3.get_bucket_ownership_controls",
            ("s3:GetBucketOwnershipControls",),
            answers=_buckets.GONE | {"OwnershipControlsNotFoundError": "nobody set who owns the objects"},
        ),
    ),
    limits=(
        "A setting that nobody set has no value: a bucket without a block of its own, without a policy.",
        "A bucket one of whose settings may not be read is left out, and the run is partial.",
        "S3 blocks what the bucket or its account blocks: `blocked_by_account` names what the account blocks.",
        "Access points are in aws.s3_access_points; the ACLs of single objects and directory buckets are not read.",
    ),
)
EVERYONE = (
    "http://acs.amazonaws.com/groups/global/AllUsers",
    "http://acs.amazonaws.com/groups/global/AuthenticatedUsers",
)
BUCKET = ("get_public_access_block", "get_bucket_policy_status", "get_bucket_acl", "get_bucket_ownership_controls")


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one record per setting: the account's block, then the settings of each bucket."""
    answer = run.client.ask("s3control.get_public_access_block", AccountId=run.boundary.id)
    account = _buckets.blocks(answer)
    for name, value in account.items():
        yield Record(setting(run.boundary.id, f"account_{name}", value), answer)

    def questions(bucket: dict[str, Any]) -> list[dict[str, Any] | None] | None:
        client = _buckets.home(run.client, bucket)
        return [client.ask(f"s3.{call}", Bucket=bucket["Name"]) for call in BUCKET] if client else None

    for bucket, answers in run.client.each(_buckets.buckets(run.client), questions):
        if answers is None or answers[2] is None:
            run.skip("deleted while it was read")
            continue
        raw = [{"operation": f"s3.{call}", "item": item} for call, item in zip(BUCKET, answers, strict=True)]
        above = {"blocked_by_account": [name for name, value in account.items() if value]}
        for name, value in {**_settings(*answers), **above}.items():
            yield Record(setting(_buckets.arn(bucket), name, value), raw)


def _settings(
    block: dict[str, Any] | None, policy: dict[str, Any] | None, acl: dict[str, Any] | None,
    ownership: dict[str, Any] | None,
) -> dict[str, Any]:
    granted = [one["Grantee"].get("URI") for one in (acl or {}).get("Grants") or ()]
    rules = (ownership or {}).get("OwnershipControls", {}).get("Rules") or [{}]
    return {
        **_buckets.blocks(block),
        "policy_public": _buckets.policy_public(policy),
        "acl_public": any(uri in EVERYONE for uri in granted),
        "object_ownership": rules[0].get("ObjectOwnership"),
    }
