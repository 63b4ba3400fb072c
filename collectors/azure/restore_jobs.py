"""Restores that Azure Backup ran: the only proof that a backup can be restored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.azure import Azure
from agent.collector import Header, Record, Run
from agent.model import BackupTest
from collectors.azure._backups import (
    BACKUP,
    BACKUP_JOBS,
    JOBS,
    RECOVERY,
    RECOVERY_JOBS,
    VAULTS,
    backup_jobs,
    ended,
    outcome,
    recovery_jobs,
    subject,
    took,
)

HEADER = Header(
    id="azure.restore_jobs",
    title="Restore jobs of Azure Backup",
    kind="backup_test",
    population="Every restore, whatever its outcome, that began within 120 days before the run in a Recovery Services "
    "vault of the subscription, and every one that its Backup vaults still list.",
    provider="azure",
    per="member",
    calls=(*VAULTS, *JOBS),
    limits=(
        "Azure does not look at what it restored: `validated` is null.",
        "A restore that ended with warnings is `partial`.",
        "A Recovery Services vault names what it protects and tells no id: `resource` is the vault with that name.",
        "A restore without a vault (a database to a point in time, a disk from a snapshot) is not among them.",
        "Restores that ran in the paired region are listed only where Azure lists them in the vault itself.",
    ),
)
OPERATIONS, SPANS = ("Restore", "CrossRegionRestore"), 4


def collect(run: Run[Azure]) -> Iterator[Record]:
    """Yield one backup test per restore job, of both kinds of vaults."""
    for vault, job in recovery_jobs(run, OPERATIONS, SPANS):
        yield Record(_row(vault, job), _raw((RECOVERY, vault), (RECOVERY_JOBS, job)))
    for vault, job in backup_jobs(run, "restore"):
        yield Record(_row(vault, job), _raw((BACKUP, vault), (BACKUP_JOBS, job)))


def _row(vault: dict[str, Any], job: dict[str, Any]) -> BackupTest:
    said = job.get("properties") or {}
    more = said.get("extendedInfo") or {}
    return BackupTest(
        job["id"],
        resource=subject(vault, said),
        backup=(more.get("sourceRecoverPoint") or {}).get("recoveryPointID"),
        outcome=outcome(said),
        duration_s=took(said),
        occurred_at=ended(said),
    )


def _raw(*parts: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"operation": name, "item": item} for name, item in parts]
