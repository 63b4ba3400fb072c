"""Restores of the Backup and DR service: it lists none, so that its job log is the only witness."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from agent.clients.gcp import Gcp
from agent.collector import Api, Header, Record, Run, Windows
from agent.model import BackupTest
from collectors.gcp._entries import CALL, entries
from collectors.gcp._times import duration, instant

HEADER = Header(
    id="gcp.backupdr_restores",
    title="Restores of Backup and DR",
    kind="backup_test",
    population="Every restore job of the Backup and DR service that ended within the window, by its job log in the "
    "project of the backup vault.",
    provider="gcp",
    per="member",
    calls=(Api(CALL, ("logging.logEntries.list",)),),
    windows=Windows(settle=timedelta(hours=1), longest=timedelta(days=7), reach=timedelta(days=29)),
    keeps="P30D",
    limits=(
        "The log is kept as long as the bucket _Default keeps it, 30 days unless somebody changed it.",
        "Restores by a backup appliance (management console) are not in this log.",
        "Nobody validates a restore for Google to tell: `validated` is null.",
    ),
)
OUTCOMES = {"SUCCESSFUL": "completed", "SUCCEEDED": "completed", "FAILED": "failed", "CANCELLED": "aborted",
            "ABORTED": "aborted", "SKIPPED": "aborted"}
UNFINISHED = ("RUNNING", "QUEUED", "PENDING")


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one backup test per restore job that ended."""
    what = 'log_id("backupdr.googleapis.com/bdr_backup_restore_jobs") AND jsonPayload.jobCategory="RESTORE"'
    for entry in entries(run, what):
        job = entry.get("jsonPayload") or {}
        if job.get("jobStatus") in UNFINISHED:
            run.skip("an entry of a job that has not ended: its end has one of its own")
        else:
            yield Record(_row(entry, job), entry)


def _row(entry: dict[str, Any], job: dict[str, Any]) -> BackupTest:
    start, end = instant(job.get("startTime")), instant(job.get("endTime"))
    status = str(job.get("jobStatus", ""))
    return BackupTest(
        str(job.get("jobId") or entry["insertId"]),
        resource=job.get("sourceResourceName"),
        backup=job.get("backupName"),
        outcome=OUTCOMES.get(status, status.lower() or None),
        duration_s=duration(start, end),
        occurred_at=end or instant(entry["timestamp"]),
    )
