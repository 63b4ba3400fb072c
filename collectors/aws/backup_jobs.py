"""Backups that AWS Backup ran or failed to run in the last 30 days."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import Backup

HEADER = Header(
    id="aws.backup_jobs",
    title="Backup jobs of AWS Backup",
    kind="backup",
    population="Every backup job that AWS Backup lists for the account in this region, which are those of the last "
    "30 days, whatever their outcome; a composite job counts once.",
    provider="aws",
    per="region",
    calls=(Api("backup.list_backup_jobs", ("backup:ListBackupJobs",)),),
    keeps="P30D",
    limits=(
        "There is no receipt: AWS Backup's own summaries count, by whole days, what was created or running on each.",
        "Backups made outside AWS Backup (automated ones of RDS, snapshots by hand) are not among them.",
        "The parts of a composite job are skipped: their parent is `partial` or `failed` where one of them failed.",
        "AWS shows a job that completed with issues as `completed`; its status message says which.",
        "`immutable` is the vault's lock as the job tells it; whether it can be taken off, aws.backup_vaults tells.",
        "How long the backup is kept is told by aws.backup_recovery_points, not here.",
    ),
)

OUTCOMES = {
    "CREATED": "running", "PENDING": "running", "RUNNING": "running", "ABORTING": "running", "ABORTED": "aborted",
    "COMPLETED": "completed", "FAILED": "failed", "EXPIRED": "expired", "PARTIAL": "partial",
}
LOCKED = {"LOCKED": True, "UNLOCKED": False}


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one backup per job that is not part of another."""
    for job in run.client.population("backup.list_backup_jobs", key="BackupJobs", MaxResults=1000):
        if job.get("AccountId", run.boundary.id) != run.boundary.id:
            run.skip("of another account, whose own run tells it")
        elif job.get("ParentJobId"):
            run.skip("part of a composite job, which is recorded as a whole")
        else:
            yield Record(_row(job), job)


def _row(job: dict[str, Any]) -> Backup:
    return Backup(
        job["BackupJobId"],
        resource=job.get("ResourceArn"),
        outcome=OUTCOMES.get(job["State"], job["State"].lower()),
        encrypted=job.get("IsEncrypted"),
        immutable=LOCKED.get(job.get("VaultLockState", "")),
        occurred_at=job.get("CompletionDate") or job["CreationDate"],
    )
