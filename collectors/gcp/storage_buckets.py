"""Cloud Storage buckets: who outside may read them, and what protects their objects from loss."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.gcp import Gcp
from agent.collector import Api, Header, Record, Run
from collectors.gcp._settings import setting
from collectors.gcp._times import seconds

HEADER = Header(
    id="gcp.storage_buckets",
    title="Storage buckets",
    kind="configuration",
    population="Every setting of exposure, versions, retention and encryption of every bucket of the project.",
    provider="gcp",
    per="member",
    calls=(
        Api("storage.buckets.list", ("storage.buckets.list", "storage.buckets.getIamPolicy"),
            answers={"SERVICE_DISABLED": "Cloud Storage is switched off in the project: it has no buckets"}),
        Api("storage.buckets.getIamPolicy", ("storage.buckets.getIamPolicy",),
            answers={"NOT_FOUND": "the bucket was deleted while it was read"}),
    ),
    limits=(
        "Google blocks public access as a whole: the four settings of it always say the same.",
        "What blocks public access is of the bucket alone: an organization policy above may forbid what it allows.",
        "With uniform access ACLs have no effect, and `acl_public` has no value.",
        "ACLs of single objects are not read.",
    ),
)
PUBLIC = ("allUsers", "allAuthenticatedUsers")
BLOCKS = ("block_public_acls", "ignore_public_acls", "block_public_policy", "restrict_public_buckets")
"""What prevention of public access does, in the words in which other providers switch it one by one."""
DAY = 86400


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one record per bucket and setting."""

    def policy(bucket: dict[str, Any]) -> dict[str, Any] | None:
        return run.client.ask(
            "storage.buckets.getIamPolicy", bucket=bucket["name"], optionsRequestedPolicyVersion=3
        )

    buckets = run.client.population(
        "storage.buckets.list", key="items", project=run.client.project, projection="full", maxResults=1000,
    )
    for bucket, answer in run.client.each(buckets, policy):
        if answer is None:
            run.skip("deleted while it was read")
            continue
        raw = [
            {"operation": "storage.buckets.list", "item": bucket},
            {"operation": "storage.buckets.getIamPolicy", "item": answer},
        ]
        for name, value in {**_exposure(bucket, answer), **_protection(bucket)}.items():
            yield Record(setting(f"//storage.googleapis.com/{bucket['name']}", name, value), raw)


def _exposure(bucket: dict[str, Any], policy: dict[str, Any]) -> dict[str, Any]:
    access = bucket.get("iamConfiguration") or {}
    uniform = bool((access.get("uniformBucketLevelAccess") or {}).get("enabled"))
    members = {member for one in policy.get("bindings") or () for member in one.get("members") or ()}
    listed = [*(bucket.get("acl") or ()), *(bucket.get("defaultObjectAcl") or ())]
    return {
        **dict.fromkeys(BLOCKS, access.get("publicAccessPrevention") == "enforced"),
        "policy_public": bool(members & set(PUBLIC)),
        "acl_public": None if uniform else any(one.get("entity") in PUBLIC for one in listed),
        "uniform_access": uniform,
    }


def _protection(bucket: dict[str, Any]) -> dict[str, Any]:
    retention = bucket.get("retentionPolicy") or {}
    return {
        "versioning": "Enabled" if (bucket.get("versioning") or {}).get("enabled") else None,
        "soft_delete_days": _days((bucket.get("softDeletePolicy") or {}).get("retentionDurationSeconds")),
        "retention_days": _days(retention.get("retentionPeriod")),
        "retention_locked": bool(retention.get("isLocked")),
        "encryption_key": (bucket.get("encryption") or {}).get("defaultKmsKeyName"),
        "log_bucket": (bucket.get("logging") or {}).get("logBucket"),
        "location": bucket.get("location"),
    }


def _days(text: str | None) -> float | None:
    found = seconds(text)
    return None if found is None else found / DAY
