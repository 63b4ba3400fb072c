"""Backups of Cloud SQL: every run, and for every instance the newest that succeeded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
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
    population="Every backup run that Cloud SQL still lists for the project, and every instance of it.",
    provider="gcp",
    per="member",
    calls=(
        Api("sql.backupRuns.list", ("cloudsql.backupRuns.list",), answers=OFF),
        Api("sql.instances.list", ("cloudsql.instances.list",), answers=OFF),
    ),
    limits=(
        "Every instance has a record `…#automated` with its newest good backup; without one its outcome is null.",
        "Replicas, which have no backups of their own, are skipped.",
        "`encrypted` is true where the project's own key was used; Google encrypts the others with a key it holds.",
        "Transaction logs for point-in-time recovery are not read.",
    ),
)
OUTCOMES = {
    "SUCCESSFUL": "completed", "FAILED": "failed", "RUNNING": "running", "ENQUEUED": "running", "OVERDUE": "expired",
    "SKIPPED": "aborted", "DELETION_PENDING": "completed", "DELETION_FAILED": "completed",
}


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one backup per run, then one per instance, with the newest of its runs that succeeded."""
    project, newest = run.client.project, dict[str, datetime]()
    runs = run.client.population("sql.backupRuns.list", key="items", project=project, instance="-", maxResults=500)
    for item in runs:
        if item.get("status") == "DELETED":
            run.skip("the backup was deleted")
            continue
        row = _row(project, item)
        if row.outcome == "completed" and row.occurred_at:
            newest[item["instance"]] = max(row.occurred_at, newest.get(item["instance"], row.occurred_at))
        yield Record(row, item)
    for item in run.client.population("sql.instances.list", key="items", project=project, maxResults=500):
        if item.get("instanceType") == "READ_REPLICA_INSTANCE":
            run.skip("a replica, which has no backups of its own")
            continue
        name, at = _name(project, item["name"]), newest.get(item["name"])
        outcome = "completed" if at else None
        yield Record(Backup(f"{name}#automated", resource=name, outcome=outcome, occurred_at=at or run.started), item)


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
