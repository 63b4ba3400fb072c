"""Vaults of Azure Backup, of both kinds, and what their jobs say: of whom, when, how long, how it ended."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from agent.clients.azure import Azure, moment
from agent.collector import Api, Run
from collectors.azure._answers import GONE, UNREGISTERED
from collectors.azure._durations import seconds
from collectors.azure._ids import group

RECOVERY, BACKUP = "recoveryservices.vaults.list_by_subscription_id", "dataprotection.backup_vaults.get_in_subscription"
RECOVERY_JOBS, BACKUP_JOBS = "recoveryservicesbackup.backup_jobs.list", "dataprotection.jobs.list"
VAULTS = (
    Api(RECOVERY, ("Microsoft.RecoveryServices/Vaults/read",), answers=UNREGISTERED),
    Api(BACKUP, ("Microsoft.DataProtection/backupVaults/read",), answers=UNREGISTERED),
)
"""The lists of Recovery Services vaults, and of the newer Backup vaults."""
JOBS = (
    Api(RECOVERY_JOBS, ("Microsoft.RecoveryServices/Vaults/backupJobs/read",), answers=GONE),
    Api(BACKUP_JOBS, ("Microsoft.DataProtection/backupVaults/backupJobs/read",), answers=GONE),
)
OUTCOMES = {
    "completed": "completed", "completedwithwarnings": "partial", "failed": "failed", "cancelled": "aborted",
    "cancelling": "running", "inprogress": "running",
}
SPAN = timedelta(days=30)
"""What one question about jobs of a Recovery Services vault may span."""
HOLDERS = ("containerName", "mabServerName", "storageAccountName")
"""Members that say in what a protected thing is: its friendly name alone is not unique in a vault."""


def where(vault: dict[str, Any]) -> dict[str, str]:
    """Return the parts of the path below a vault."""
    return {"resourceGroupName": group(vault["id"]), "vaultName": vault["name"]}


def recovery_jobs(
    run: Run[Azure], operations: tuple[str, ...], spans: int,
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield the jobs of each Recovery Services vault with the vault: those begun in so many spans before the run."""
    end = run.started.replace(microsecond=0)
    for vault in list(run.client.read(RECOVERY)):
        seen: set[str] = set()
        for operation in operations:
            for number in range(spans):
                asked = _asked(operation, end - SPAN * (number + 1), end - SPAN * number)
                for job in run.client.population(RECOVERY_JOBS, **where(vault), filter=asked):
                    if job["id"] in seen:
                        run.skip("told in the span before")
                    else:
                        seen.add(job["id"])
                        yield vault, job


def backup_jobs(run: Run[Azure], category: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield the jobs of a category of each Backup vault with the vault."""
    for vault in list(run.client.read(BACKUP)):
        for job in run.client.population(BACKUP_JOBS, **where(vault)):
            if str((job.get("properties") or {}).get("operationCategory")).lower() == category:
                yield vault, job
            else:
                run.skip(f"not a {category}")


def subject(vault: dict[str, Any], said: dict[str, Any]) -> str | None:
    """Return what a job is about: the id of the resource, or names in its vault where Azure tells no id."""
    holder = next((said[name] for name in HOLDERS if said.get(name)), None)
    named = "/".join(filter(None, (holder, said.get("entityFriendlyName"))))
    return said.get("dataSourceId") or (f"{vault['id']}#{named}" if named else None)


def outcome(said: dict[str, Any]) -> str | None:
    """Return how a job ended, `partial` where it did so with warnings."""
    status = str(said.get("status") or "").lower()
    return OUTCOMES.get(status, status or None)


def ended(said: dict[str, Any]) -> datetime | None:
    """Return when a job ended, or began while it runs."""
    return moment(said.get("endTime")) or moment(said.get("startTime"))


def took(said: dict[str, Any]) -> float | None:
    """Return the seconds that a job that ended took: as Azure says it, else by its two ends."""
    begun, over = moment(said.get("startTime")), moment(said.get("endTime"))
    if over is None:
        return None
    told = seconds(said.get("duration"))
    if told is not None:
        return told
    return (over - begun).total_seconds() if begun else None


def _asked(operation: str, start: datetime, end: datetime) -> str:
    return f"operation eq '{operation}' and startTime eq '{_clock(start)}' and endTime eq '{_clock(end)}'"


def _clock(instant: datetime) -> str:
    """Return an instant as the filter takes it: UTC, twelve hours with AM or PM."""
    utc = instant.astimezone(UTC)
    return f"{utc:%Y-%m-%d %I:%M:%S} {'AM' if utc.hour < 12 else 'PM'}"
