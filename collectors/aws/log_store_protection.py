"""The buckets in which trails store their files: whether what lies there can be changed, deleted or seen."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import Configuration
from collectors.aws import _buckets


def _not_set(*codes: str) -> dict[str, str]:
    return dict.fromkeys(codes, "nobody set it")


HEADER = Header(
    id="aws.log_store_protection",
    title="Protection of the log store",
    kind="configuration",
    population="Every bucket into which a trail that applies to the account writes, with each setting that protects "
    "what lies there.",
    provider="aws",
    per="boundary",
    calls=(
        Api("cloudtrail.describe_trails", ("cloudtrail:DescribeTrails",)),
        _buckets.LIST,
        Api("s3.get_bucket_location", ("s3:GetBucketLocation",)),
        Api("s3.get_object_lock_configuration", ("s3:GetBucketObjectLockConfiguration",),
            answers=_not_set("ObjectLockConfigurationNotFoundError")),
        Api("s3.get_bucket_versioning", ("s3:GetBucketVersioning",)),
        Api("s3.get_bucket_policy", ("s3:GetBucketPolicy",), answers=_not_set("NoSuchBucketPolicy")),
        Api("s3.get_bucket_lifecycle_configuration", ("s3:GetLifecycleConfiguration",),
            answers=_not_set("NoSuchLifecycleConfiguration")),
        Api("s3.get_public_access_block", ("s3:GetBucketPublicAccessBlock",),
            answers=_not_set("NoSuchPublicAccessBlockConfiguration")),
        Api("s3.get_bucket_encryption", ("s3:GetEncryptionConfiguration",),
            answers=_not_set("ServerSideEncryptionConfigurationNotFoundError")),
    ),
    limits=(
        "A bucket of another account that an organization's trail writes into is skipped: that account's run reads it.",
        "`public_access_blocked` is the bucket's own block; the account's is not counted.",
        "An object lock without a default retention locks nothing by itself: its value is `no default retention`.",
    ),
)


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one record per bucket and setting; a setting that cannot be read is left out, and named as lacking."""
    seen: set[str] = set()
    own = {one["Name"] for one in run.client.read("s3.list_buckets", key="Buckets", MaxBuckets=1000)}
    for region in run.boundary.regions or (run.client.region,):
        found = run.client.at(region).population(
            "cloudtrail.describe_trails", key=lambda page: _stores(page, seen), includeShadowTrails=True,
        )
        for trail, client in run.client.each(found, lambda trail: _home(run.client, trail, own)):
            if client is None:
                run.skip("the bucket belongs to another account of the organization, whose own run reads it")
                continue
            ask = functools.partial(_ask, client, trail["S3BucketName"])
            for call, answer in client.each(SETTINGS, ask):
                yield from _records(trail, call, answer)


def _stores(page: dict[str, Any], seen: set[str]) -> Iterator[dict[str, Any]]:
    """Yield one trail for each bucket that did not come before."""
    for trail in page["trailList"]:
        if trail["S3BucketName"] not in seen:
            seen.add(trail["S3BucketName"])
            yield trail


def _home(client: Aws, trail: dict[str, Any], own: set[str]) -> Aws | None:
    """Return the client of the bucket's region; None where another account sees the trail and owns the bucket."""
    name = trail["S3BucketName"]
    if name not in own and trail.get("IsOrganizationTrail"):
        return None
    region = _buckets.located(client, name)
    return client.at(region) if region else None


def _ask(client: Aws, bucket: str, call: str) -> dict[str, Any] | None:
    return client.ask(call, Bucket=bucket)


def _records(trail: dict[str, Any], call: str, answer: dict[str, Any] | None) -> Iterator[Record]:
    arn = f"arn:{trail['TrailARN'].split(':')[1]}:s3:::{trail['S3BucketName']}"
    raw = [{"operation": "cloudtrail.describe_trails", "item": trail}, {"operation": call, "item": answer}]
    for setting, value in SETTINGS[call](answer or {}).items():
        yield Record(Configuration(f"{arn}#{setting}", resource=arn, setting=setting, value=value), raw)


Values = dict[str, str | None]


def _lock(answer: dict[str, Any]) -> Values:
    lock = answer.get("ObjectLockConfiguration") or {}
    kept = (lock.get("Rule") or {}).get("DefaultRetention") or {}
    days = kept.get("Days") or 365 * kept.get("Years", 0)
    mode = kept.get("Mode") or ("no default retention" if lock.get("ObjectLockEnabled") else None)
    return {"object_lock": mode, "object_lock_days": str(days) if days else None}


def _versioning(answer: dict[str, Any]) -> Values:
    return {"versioning": answer.get("Status"), "mfa_delete": answer.get("MFADelete")}


def _policy(answer: dict[str, Any]) -> Values:
    return {"policy": answer.get("Policy")}


def _lifecycle(answer: dict[str, Any]) -> Values:
    """Return the fewest days after which a rule that is switched on deletes what is current."""
    rules = [one for one in answer.get("Rules") or () if one["Status"] == "Enabled"]
    days = [one["Expiration"]["Days"] for one in rules if (one.get("Expiration") or {}).get("Days")]
    return {"expires_after_days": str(min(days)) if days else None}


def _block(answer: dict[str, Any]) -> Values:
    block = answer.get("PublicAccessBlockConfiguration") or {}
    names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    return {"public_access_blocked": "true" if all(block.get(name) for name in names) else "false"}


def _encryption(answer: dict[str, Any]) -> Values:
    rules = (answer.get("ServerSideEncryptionConfiguration") or {}).get("Rules") or ()
    found = [one.get("ApplyServerSideEncryptionByDefault") or {} for one in rules]
    key = found[0].get("KMSMasterKeyID") if found else None
    return {"encryption": found[0].get("SSEAlgorithm") if found else None, "encryption_key": key}


SETTINGS: dict[str, Callable[[dict[str, Any]], Values]] = {
    "s3.get_object_lock_configuration": _lock,
    "s3.get_bucket_versioning": _versioning,
    "s3.get_bucket_policy": _policy,
    "s3.get_bucket_lifecycle_configuration": _lifecycle,
    "s3.get_public_access_block": _block,
    "s3.get_bucket_encryption": _encryption,
}
