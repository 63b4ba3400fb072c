"""Which resources have any backup at all, as the Backup and DR service sees them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.gcp import Gcp
from agent.collector import Api, Header, Record, Run
from collectors.gcp._settings import setting

PLACES = "backupdr.projects.locations.list"
CONFIGS = "backupdr.projects.locations.resourceBackupConfigs.fetch"
HEADER = Header(
    id="gcp.backupdr_coverage",
    title="What has a backup, and what not",
    kind="configuration",
    population="Every machine, disk, Cloud SQL instance and file store of the project of which the Backup and DR "
    "service says whether it is configured for backup.",
    provider="gcp",
    per="member",
    calls=(
        Api(PLACES, ("backupdr.locations.list",),
            answers={"SERVICE_DISABLED": "Backup and DR is switched off in the project: it protects nothing"}),
        Api(CONFIGS, ("backupdr.resourceBackupConfigs.list",)),
    ),
    limits=(
        "Schedules of snapshots, backups of Cloud SQL itself and plans of Backup and DR count; other tools do not.",
        "`protected` says that a backup is configured; `last_backup` when one last succeeded.",
        "Buckets, clusters and databases other than Cloud SQL are not among them.",
        "Where the API is switched off there is no record: nobody says that anything is protected.",
    ),
)


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one record per resource and setting."""
    for place in run.client.read(PLACES, key="locations", name=run.client.parent, pageSize=100):
        configs = run.client.population(CONFIGS, key="resourceBackupConfigs", parent=place["name"], pageSize=500)
        for item in configs:
            resource = item.get("targetResource") or f"//backupdr.googleapis.com/{item['name']}"
            for name, value in _settings(item).items():
                yield Record(setting(resource, name, value), item)


def _settings(item: dict[str, Any]) -> dict[str, Any]:
    details = item.get("backupConfigsDetails") or []
    newest = max((one.get("latestSuccessfulBackupTime") or "" for one in details), default="")
    return {
        "protected": bool(item.get("backupConfigured")),
        "vaulted": bool(item.get("vaulted")),
        "last_backup": newest or None,
        "state": _worst([one.get("state", "") for one in details]),
        "type": item.get("targetResourceType"),
        "protected_by": sorted(one["backupConfigSource"] for one in details if one.get("backupConfigSource")) or None,
    }


def _worst(states: list[str]) -> str | None:
    return next((one for one in ("ERROR", "INACTIVE", "ACTIVE") if one in states), None)
