"""Restores of Kubernetes clusters by Backup for GKE."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.gcp import Gcp
from agent.collector import Api, Header, Record, Run
from agent.model import BackupTest
from collectors.gcp._times import duration, instant

RESTORES = "gkebackup.projects.locations.restorePlans.restores.list"
HEADER = Header(
    id="gcp.gke_restores",
    title="Restores of GKE clusters",
    kind="backup_test",
    population="Every restore of every restore plan of Backup for GKE in the project, whatever its outcome.",
    provider="gcp",
    per="member",
    calls=(
        Api(RESTORES, ("gkebackup.restores.list",),
            answers={"SERVICE_DISABLED": "Backup for GKE is switched off in the project: it restored nothing"}),
    ),
    limits=(
        "`validated` is false where the restore left resources behind, else null: nobody looked.",
        "The resource is the cluster that was restored into.",
    ),
)
OUTCOMES = {"SUCCEEDED": "completed", "FAILED": "failed", "CREATING": "running", "IN_PROGRESS": "running",
            "VALIDATING": "running", "DELETING": "aborted"}


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one backup test per restore."""
    parent = f"{run.client.parent}/locations/-/restorePlans/-"
    for item in run.client.population(RESTORES, key="restores", parent=parent, pageSize=500):
        yield Record(_row(item), item)


def _row(item: dict[str, Any]) -> BackupTest:
    start, end = instant(item.get("createTime")), instant(item.get("completeTime"))
    cluster, backup = item.get("cluster"), item.get("backup")
    return BackupTest(
        f"//gkebackup.googleapis.com/{item['name']}",
        resource=f"//container.googleapis.com/{cluster}" if cluster else None,
        backup=f"//gkebackup.googleapis.com/{backup}" if backup else None,
        outcome=OUTCOMES.get(item.get("state", ""), str(item.get("state", "")).lower() or None),
        validated=False if item.get("resourcesFailedCount") else None,
        duration_s=duration(start, end),
        occurred_at=end or start,
    )
