"""Restores that AWS Backup ran: the only proof that a backup can be restored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import BackupTest

HEADER = Header(
    id="aws.backup_restore_jobs",
    title="Restore jobs of AWS Backup",
    kind="backup_test",
    population="Every restore job that AWS Backup still lists for the account in this region, whatever its outcome.",
    provider="aws",
    per="region",
    calls=(Api("backup.list_restore_jobs", ("backup:ListRestoreJobs",)),),
    limits=(
        "A restore made outside AWS Backup (a snapshot restored by hand) is not among them.",
        "There is no receipt: AWS Backup's own summaries count what was created or running on whole days.",
        "A job without a validation status was never validated by anyone: `validated` is null.",
    ),
)

OUTCOMES = {
    "COMPLETED": "completed", "FAILED": "failed", "ABORTED": "aborted", "PENDING": "running", "RUNNING": "running",
}
VALIDATED = {"SUCCESSFUL": True, "FAILED": False, "TIMED_OUT": False}


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one backup test per restore job."""
    for job in run.client.population("backup.list_restore_jobs", key="RestoreJobs", MaxResults=1000):
        yield Record(_row(job), job)


def _row(job: dict[str, Any]) -> BackupTest:
    created, completed = job["CreationDate"], job.get("CompletionDate")
    return BackupTest(
        job["RestoreJobId"],
        resource=job.get("SourceResourceArn"),
        backup=job.get("RecoveryPointArn"),
        outcome=OUTCOMES.get(job["Status"], job["Status"].lower()),
        validated=VALIDATED.get(job.get("ValidationStatus", "")),
        duration_s=(completed - created).total_seconds() if completed else None,
        size_bytes=job.get("BackupSizeInBytes"),
        occurred_at=completed or created,
    )
