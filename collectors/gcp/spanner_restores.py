"""Restores of Spanner databases."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.gcp import Gcp
from agent.collector import Api, Header, Record, Run
from agent.model import BackupTest
from collectors.gcp._times import duration, instant

INSTANCES, OPERATIONS = "spanner.projects.instances.list", "spanner.projects.instances.databaseOperations.list"
HEADER = Header(
    id="gcp.spanner_restores",
    title="Restores of Spanner databases",
    kind="backup_test",
    population="Every restore of a backup into a Spanner database of the project that Spanner still lists, whatever "
    "its outcome.",
    provider="gcp",
    per="member",
    calls=(
        Api(INSTANCES, ("spanner.instances.list",),
            answers={"SERVICE_DISABLED": "Spanner is switched off in the project: it restored nothing"}),
        Api(OPERATIONS, ("spanner.databaseOperations.list",),
            answers={"NOT_FOUND": "the instance was deleted while it was read"}),
    ),
    limits=(
        "Spanner lists an operation for seven days after it ended.",
        "Nobody validates a restore of Spanner for Google to tell: `validated` is null.",
        "The resource is the database that was backed up, not the one that was made of it.",
    ),
)
ONLY = "metadata.@type:type.googleapis.com/google.spanner.admin.database.v1.RestoreDatabaseMetadata"
CANCELLED = 1
"""What google.rpc.Code calls an operation that somebody stopped."""


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one backup test per restore."""
    for instance in run.client.read(INSTANCES, key="instances", parent=run.client.parent, pageSize=1000):
        found = run.client.population(OPERATIONS, key="operations", parent=instance["name"], filter=ONLY, pageSize=1000)
        for item in found:
            yield Record(_row(item), item)


def _row(item: dict[str, Any]) -> BackupTest:
    said = item.get("metadata") or {}
    backup, progress = said.get("backupInfo") or {}, said.get("progress") or {}
    start, end = instant(progress.get("startTime")), instant(progress.get("endTime"))
    of, made = backup.get("sourceDatabase") or said.get("name"), backup.get("backup")
    return BackupTest(
        f"//spanner.googleapis.com/{item['name']}",
        resource=f"//spanner.googleapis.com/{of}" if of else None,
        backup=f"//spanner.googleapis.com/{made}" if made else None,
        outcome=_outcome(item),
        duration_s=duration(start, end),
        occurred_at=end or start,
    )


def _outcome(item: dict[str, Any]) -> str:
    if not item.get("done"):
        return "running"
    error = item.get("error") or {}
    return "aborted" if error.get("code") == CANCELLED else "failed" if error else "completed"
