"""Whether log buckets can be shortened, deleted or read with somebody else's key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.gcp import Gcp
from agent.collector import Api, Header, Record, Run
from collectors.gcp._settings import setting

HEADER = Header(
    id="gcp.log_store_protection",
    title="Protection of log buckets",
    kind="configuration",
    population="Every setting that protects a log bucket of the project, folder or organization, in all locations.",
    provider="gcp",
    per="boundary",
    calls=(Api("logging.list_buckets", ("logging.buckets.list",)),),
    limits=(
        "`object_lock` is `COMPLIANCE` for a locked bucket and for _Required, which nobody can change.",
        "Storage buckets to which sinks write are told by gcp.storage_buckets.",
    ),
)
FIXED = "_Required"
"""The bucket whose retention Google fixes."""


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one record per bucket and setting."""
    parent = f"{run.client.parent}/locations/-"
    for bucket in run.client.population("logging.list_buckets", key="buckets", parent=parent, page_size=1000):
        for name, value in _settings(bucket).items():
            yield Record(setting(f"//logging.googleapis.com/{bucket['name']}", name, value), bucket)


def _settings(bucket: dict[str, Any]) -> dict[str, Any]:
    fixed = bucket["name"].endswith(f"/{FIXED}")
    return {
        "object_lock": "COMPLIANCE" if fixed or bucket.get("locked") else "unlocked",
        "object_lock_days": bucket.get("retentionDays"),
        "encryption_key": (bucket.get("cmekSettings") or {}).get("kmsKeyName"),
        "analytics_enabled": bool(bucket.get("analyticsEnabled")),
    }
