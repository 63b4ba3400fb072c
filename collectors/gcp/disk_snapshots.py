"""Snapshots of disks, and disks that have none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.gcp import Gcp
from agent.collector import Api, Header, Record, Run
from agent.model import Backup
from collectors.gcp._aggregated import inner
from collectors.gcp._names import compute
from collectors.gcp._times import instant

SNAPSHOTS, DISKS = "compute.snapshots.list", "compute.disks.aggregatedList"
OFF = {"SERVICE_DISABLED": "Compute Engine is switched off in the project: it has no disks"}
HEADER = Header(
    id="gcp.disk_snapshots",
    title="Snapshots of disks",
    kind="backup",
    population="Every snapshot of the project, and every disk of it, in all zones and regions, that has no snapshot.",
    provider="gcp",
    per="member",
    calls=(
        Api(SNAPSHOTS, ("compute.snapshots.list",), answers=OFF),
        Api(DISKS, ("compute.disks.list",), answers=OFF),
    ),
    limits=(
        "A disk without a snapshot has a record whose outcome is null, as of the start of the run.",
        "`encrypted` is true where a key of one's own was used; Google encrypts the others with a key that it holds.",
        "When a schedule will delete a snapshot Google does not tell, nor can a snapshot be locked.",
        "Whether a schedule makes snapshots of a disk is told by gcp.disk_schedules.",
        "Backups of disks in vaults are read by gcp.backupdr_backups.",
    ),
)
OUTCOMES = {"READY": "completed", "CREATING": "running", "UPLOADING": "running", "FAILED": "failed",
            "DELETING": "expired"}


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one backup per snapshot, then one per disk that none of them is of."""
    project, seen = run.client.project, set[str | None]()
    for item in run.client.population(SNAPSHOTS, key="items", project=project, maxResults=500):
        seen.add(compute(item.get("sourceDisk")))
        yield Record(_row(item), item)
    for item in run.client.population(DISKS, key=inner("disks"), project=project, maxResults=500):
        disk = compute(item["selfLink"])
        if disk in seen:
            run.skip("its snapshots are recorded")
        else:
            yield Record(Backup(f"{disk}#snapshots", resource=disk, occurred_at=run.started), item)


def _row(item: dict[str, Any]) -> Backup:
    return Backup(
        compute(item["selfLink"]) or "",
        resource=compute(item.get("sourceDisk")),
        outcome=OUTCOMES.get(item.get("status", ""), str(item.get("status", "")).lower() or None),
        encrypted=True if item.get("snapshotEncryptionKey") else None,
        immutable=False,
        copied_to=", ".join(item.get("storageLocations") or ()) or None,
        occurred_at=instant(item.get("creationTimestamp")),
    )
