"""Restores and clones of Cloud SQL: the proof that its backups can be used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.gcp import Gcp
from agent.collector import Api, Header, Record, Run
from agent.model import BackupTest
from collectors.gcp._times import duration, instant

HEADER = Header(
    id="gcp.sql_restores",
    title="Restores of Cloud SQL",
    kind="backup_test",
    population="Every operation of Cloud SQL in the project that restored a backup or cloned an instance, whatever "
    "its outcome.",
    provider="gcp",
    per="member",
    calls=(
        Api(
            "sql.operations.list", ("cloudsql.instances.get",),
            answers={"SERVICE_DISABLED": "Cloud SQL is switched off in the project: it restored nothing"},
        ),
    ),
    limits=(
        "Nobody validates a restore of Cloud SQL for Google to tell: `validated` is null.",
        "The resource is the instance that was restored into, or cloned from.",
        "Operations of instances that were deleted may not be listed any more.",
    ),
)
RESTORES = ("RESTORE_VOLUME", "CLONE")


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one backup test per restore or clone."""
    operations = run.client.population(
        "sql.operations.list", key="items", project=run.client.project, maxResults=500,
    )
    for item in operations:
        if item.get("operationType") not in RESTORES:
            run.skip("an operation that restored nothing")
        else:
            yield Record(_row(run.client.project, item), item)


def _row(project: str, item: dict[str, Any]) -> BackupTest:
    start, end = instant(item.get("startTime")), instant(item.get("endTime"))
    resource = f"//cloudsql.googleapis.com/projects/{project}/instances/{item.get('targetId', '')}"
    backup = (item.get("backupContext") or {}).get("backupId")
    return BackupTest(
        f"//cloudsql.googleapis.com/projects/{project}/operations/{item['name']}",
        resource=resource,
        backup=f"{resource}/backupRuns/{backup}" if backup else None,
        outcome=_outcome(item),
        duration_s=duration(start, end),
        occurred_at=end or start or instant(item.get("insertTime")),
    )


def _outcome(item: dict[str, Any]) -> str:
    if item.get("status") != "DONE":
        return "running"
    return "failed" if (item.get("error") or {}).get("errors") else "completed"
