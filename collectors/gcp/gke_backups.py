"""Backups of Kubernetes clusters by Backup for GKE."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.gcp import Gcp
from agent.collector import Api, Header, Record, Run
from agent.model import Backup
from collectors.gcp._times import instant

BACKUPS = "gkebackup.projects.locations.backupPlans.backups.list"
HEADER = Header(
    id="gcp.gke_backups",
    title="Backups of GKE clusters",
    kind="backup",
    population="Every backup of every plan of Backup for GKE in the project, in all locations.",
    provider="gcp",
    per="member",
    calls=(
        Api(BACKUPS, ("gkebackup.backups.list",),
            answers={"SERVICE_DISABLED": "Backup for GKE is switched off in the project: it has no backups"}),
    ),
    limits=(
        "A cluster for which there is no plan is not seen.",
        "`encrypted` is true where a key of one's own was used; Google encrypts the others with a key it holds.",
    ),
)
OUTCOMES = {"SUCCEEDED": "completed", "FAILED": "failed", "CREATING": "running", "IN_PROGRESS": "running",
            "DELETING": "expired"}


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one backup per backup."""
    parent = f"{run.client.parent}/locations/-/backupPlans/-"
    for item in run.client.population(BACKUPS, key="backups", parent=parent, pageSize=500):
        yield Record(_row(item), item)


def _row(item: dict[str, Any]) -> Backup:
    cluster = (item.get("clusterMetadata") or {}).get("cluster")
    return Backup(
        f"//gkebackup.googleapis.com/{item['name']}",
        resource=f"//container.googleapis.com/{cluster}" if cluster else None,
        outcome=OUTCOMES.get(item.get("state", ""), str(item.get("state", "")).lower() or None),
        retained_until=instant(item.get("retainExpireTime")),
        encrypted=True if item.get("encryptionKey") else None,
        immutable=bool(item.get("deleteLockExpireTime")),
        occurred_at=instant(item.get("completeTime")) or instant(item.get("createTime")),
    )
