"""Backups of Cloud SQL: every run, and every instance that never had one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.gcp import Gcp
from agent.collector import Api, Header, Record, Run
from agent.model import Backup
from collectors.gcp._times import instant

OFF = {"SERVICE_DISABLED": "Cloud SQL is switched off in the project: it has no instances"}
HEADER = Header(
    id="gcp.sql_backups",
    title="Backups of Cloud SQL",
    kind="backup",
    population="Every backup run that Cloud SQL still lists for the project, and every instance without one.",
    provider="gcp",
    per="member",
    calls=(
        Api("sql.backupRuns.list", ("cloudsql.backupRuns.list",), answers=OFF),
        Api("sql.instances.list", ("cloudsql.instances.list",), answers=OFF),
    ),
    limits=(
        "An instance without a backup has a record whose outcome is null; replicas, which have none, are skipped.",
        "`encrypted` is true where the project's own key was used; Google encrypts the others with a key it holds.",
        "Transaction logs for point-in-time recovery are not read.",
    ),
)
OUTCOMES = {
    "SUCCESSFUL": "completed", "FAILED": "failed", "RUNNING": "running", "ENQUEUED": "running", "OVERDUE": "expired",
    "SKIPPED": "aborted", "DELETION_PENDING": "completed", "DELETION_FAILED": "completed",
}


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one backup per run, then one per instance that none of them was about."""
    project, seen = run.client.project, set[str]()
    runs = run.client.population("sql.backupRuns.list", key="items", project=project, instance="-", maxResults=500)
    for item in runs:
        if item.get("status") == "DELETED":
            run.skip("the backup was deleted")
            continue
        seen.add(item["instance"])
        yield Record(_row(project, item), item)
    for item in run.client.population("sql.instances.list", key="items", project=project, maxResults=500):
        if item["name"] in seen:
            run.skip("its backups are recorded")
        elif item.get("instanceType") == "READ_REPLICA_INSTANCE":
            run.skip("a replica, which has no backups of its own")
        else:
            yield Record(Backup(_name(project, item["name"]), resource=_name(project, item["name"])), item)


def _name(project: str, instance: str) -> str:
    return f"//cloudsql.googleapis.com/projects/{project}/instances/{instance}"


def _row(project: str, item: dict[str, Any]) -> Backup:
    resource = _name(project, item["instance"])
    return Backup(
        f"{resource}/backupRuns/{item['id']}",
        resource=resource,
        outcome=OUTCOMES.get(item.get("status", ""), str(item.get("status", "")).lower() or None),
        encrypted=True if (item.get("diskEncryptionStatus") or {}).get("kmsKeyVersionName") else None,
        occurred_at=next(
            (at for name in ("endTime", "startTime", "enqueuedTime") if (at := instant(item.get(name)))), None
        ),
    )
