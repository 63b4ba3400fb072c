"""Backups in the vaults of the Backup and DR service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.gcp import Gcp
from agent.collector import Api, Header, Record, Run
from agent.model import Backup
from collectors.gcp._times import instant

VAULTS = "backupdr.projects.locations.backupVaults.list"
SOURCES = "backupdr.projects.locations.backupVaults.dataSources.list"
BACKUPS = "backupdr.projects.locations.backupVaults.dataSources.backups.list"
HEADER = Header(
    id="gcp.backupdr_backups",
    title="Backups of Backup and DR",
    kind="backup",
    population="Every backup in every vault of the Backup and DR service in the project, and every source without one.",
    provider="gcp",
    per="member",
    calls=(
        Api(VAULTS, ("backupdr.backupVaults.list",),
            answers={"SERVICE_DISABLED": "Backup and DR is switched off in the project: it has no vaults"}),
        Api(SOURCES, ("backupdr.bvdataSources.list",)),
        Api(BACKUPS, ("backupdr.bvbackups.list",)),
    ),
    limits=(
        "A source without a backup has a record whose outcome is null, or failed where its last backup did.",
        "Google encrypts every vault; `encrypted` has a value only where a key of one's own was used.",
        "What no vault knows of is not seen.",
    ),
)
OUTCOMES = {"ACTIVE": "completed", "CREATING": "running", "UPLOADING": "running", "ERROR": "failed",
            "DELETING": "expired"}
LAST = {"FAILED": "failed", "PERMISSION_DENIED": "failed"}


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one backup per backup, and one per source that has none."""
    for vault in run.client.read(VAULTS, key="backupVaults", parent=f"{run.client.parent}/locations/-"):
        for source in run.client.population(SOURCES, key="dataSources", parent=vault["name"]):
            resource = _resource(source)
            found = False
            for item in run.client.population(BACKUPS, key="backups", parent=source["name"]):
                found = True
                raw = [{"operation": SOURCES, "item": source}, {"operation": BACKUPS, "item": item}]
                yield Record(_row(resource, vault, item), raw)
            if not found:
                yield Record(_without(resource, source), source)


def _resource(source: dict[str, Any]) -> str:
    inner = source.get("dataSourceGcpResource") or {}
    return str(inner.get("gcpResourcename") or source["name"])


def _row(resource: str, vault: dict[str, Any], item: dict[str, Any]) -> Backup:
    locked = instant(item.get("enforcedRetentionEndTime"))
    return Backup(
        f"//backupdr.googleapis.com/{item['name']}",
        resource=resource,
        outcome=OUTCOMES.get(item.get("state", ""), str(item.get("state", "")).lower() or None),
        retained_until=instant(item.get("expireTime")),
        encrypted=True if item.get("kmsKeyVersions") else None,
        immutable=locked is not None,
        copied_to=vault["name"],
        occurred_at=instant(item.get("consistencyTime")) or instant(item.get("createTime")),
    )


def _without(resource: str, source: dict[str, Any]) -> Backup:
    info = source.get("backupConfigInfo") or {}
    return Backup(
        f"//backupdr.googleapis.com/{source['name']}", resource=resource,
        outcome=LAST.get(info.get("lastBackupState", "")),
    )
