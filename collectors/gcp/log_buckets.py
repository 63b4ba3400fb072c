"""Log buckets: where Cloud Logging keeps entries, for how long, and under which key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.gcp import Gcp
from agent.collector import Api, Header, Record, Run
from agent.model import LogSource

HEADER = Header(
    id="gcp.log_buckets",
    title="Log buckets",
    kind="log_source",
    population="Every log bucket of the project, folder or organization, in all locations.",
    provider="gcp",
    per="boundary",
    calls=(Api("logging.list_buckets", ("logging.buckets.list",)),),
    limits=(
        "`encrypted` means a key of its own; without one Google encrypts with a key that it holds.",
        "Whether a bucket is locked is a setting: gcp.log_store_protection.",
        "When an entry last arrived Google does not tell here.",
    ),
)


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one log source per bucket."""
    parent = f"{run.client.parent}/locations/-"
    for bucket in run.client.population("logging.list_buckets", key="buckets", parent=parent, page_size=1000):
        yield Record(_row(bucket), bucket)


def _row(bucket: dict[str, Any]) -> LogSource:
    return LogSource(
        f"//logging.googleapis.com/{bucket['name']}",
        name=bucket["name"].rpartition("/")[2],
        enabled=bucket.get("lifecycleState") == "ACTIVE",
        encrypted=bool((bucket.get("cmekSettings") or {}).get("kmsKeyName")),
        destination=bucket["name"],
        retention_days=bucket.get("retentionDays"),
    )
