"""Backups that Azure Backup ran or failed to run in the last 30 days."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.azure import Azure
from agent.collector import Header, Record, Run
from agent.model import Backup
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
)

HEADER = Header(
    id="azure.backup_jobs",
    title="Backup jobs of Azure Backup",
    kind="backup",
    population="Every backup, whatever its outcome, that began within 30 days before the run in a Recovery Services "
    "vault of the subscription, and every one that its Backup vaults still list.",
    provider="azure",
    per="member",
    calls=(*VAULTS, *JOBS),
    keeps="P30D",
    limits=(
        "A backup that ended with warnings is `partial`.",
        "Azure lists no jobs of scheduled backups of the logs of databases.",
        "Backups that a database or a storage account makes by itself are no jobs of a vault.",
        "A Recovery Services vault names what it protects and tells no id: `resource` is the vault with that name.",
        "`immutable` is true only where the immutability of the vault is locked for good.",
    ),
)


def collect(run: Run[Azure]) -> Iterator[Record]:
    """Yield one backup per job, of both kinds of vaults."""
    for vault, job in recovery_jobs(run, ("Backup",), spans=1):
        yield Record(_row(vault, job), _raw((RECOVERY, vault), (RECOVERY_JOBS, job)))
    for vault, job in backup_jobs(run, "backup"):
        yield Record(_row(vault, job), _raw((BACKUP, vault), (BACKUP_JOBS, job)))


def _row(vault: dict[str, Any], job: dict[str, Any]) -> Backup:
    said, safe = job.get("properties") or {}, (vault.get("properties") or {}).get("securitySettings") or {}
    state = (safe.get("immutabilitySettings") or {}).get("state")
    return Backup(
        job["id"],
        resource=subject(vault, said),
        outcome=outcome(said),
        immutable=state == "Locked" if state else None,
        occurred_at=ended(said),
    )


def _raw(*parts: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"operation": name, "item": item} for name, item in parts]
