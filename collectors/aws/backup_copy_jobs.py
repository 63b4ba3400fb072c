"""Copies that AWS Backup made of recovery points: to which vault, and whether they got there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import Backup

HEADER = Header(
    id="aws.backup_copy_jobs",
    title="Copy jobs of AWS Backup",
    kind="backup",
    population="Every copy job that AWS Backup still lists for the account in this region, whatever its outcome; "
    "a composite job counts once.",
    provider="aws",
    per="region",
    calls=(Api("backup.list_copy_jobs", ("backup:ListCopyJobs",)),),
    limits=(
        "The parts of a composite job are skipped: their parent is `partial` or `failed` where one of them failed.",
        "`encrypted` is true where AWS names the key of the copy, and null where it names none.",
        "`immutable` is the lock of the vault that the copy went to, as the job tells it.",
        "Copies made outside AWS Backup (RDS replication, snapshots copied by hand) are not among them.",
    ),
)

OUTCOMES = {
    "CREATED": "running", "RUNNING": "running", "COMPLETED": "completed", "FAILED": "failed", "PARTIAL": "partial",
}
LOCKED = {"LOCKED": True, "UNLOCKED": False}


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one backup per copy job that is not part of another."""
    for job in run.client.population("backup.list_copy_jobs", key="CopyJobs", MaxResults=1000):
        if job.get("AccountId", run.boundary.id) != run.boundary.id:
            run.skip("of another account, whose own run tells it")
        elif job.get("ParentJobId"):
            run.skip("part of a composite job, which is recorded as a whole")
        else:
            yield Record(_row(job), job)


def _row(job: dict[str, Any]) -> Backup:
    return Backup(
        job["CopyJobId"],
        resource=job.get("ResourceArn"),
        outcome=OUTCOMES.get(job["State"], job["State"].lower()),
        encrypted=True if job.get("DestinationEncryptionKeyArn") else None,
        immutable=LOCKED.get(job.get("DestinationVaultLockState", "")),
        copied_to=job.get("DestinationBackupVaultArn"),
        occurred_at=job.get("CompletionDate") or job["CreationDate"],
    )
