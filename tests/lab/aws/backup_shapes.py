"""Jobs, points and plans in AWS Backup's words, and its filters."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tests.lab.aws.answers import Context
from tests.lab.aws.times import after, aware
from tests.lab.estate import Estate
from tests.lab.things import BackupJob, RestoreJob

Params = dict[str, Any]


def chosen(jobs: list[Any], params: Params) -> list[Any]:
    """Return the jobs that pass AWS Backup's filters."""
    kind, state = params.get("ByResourceType"), params.get("ByState") or params.get("ByStatus")
    arn = params.get("ByResourceArn")
    return [
        j
        for j in jobs
        if after(j.at, params.get("ByCreatedAfter"), params.get("ByCreatedBefore"))
        and after(_ended(j), params.get("ByCompleteAfter"), params.get("ByCompleteBefore"))
        and kind in (None, j.type)
        and state in (None, "ANY", j.state)
        and arn in (None, j.resource)
    ]


def _ended(job: BackupJob | RestoreJob) -> datetime:
    return job.ended if isinstance(job, RestoreJob) else job.at


def told_job(job: BackupJob) -> dict[str, Any]:
    """Return a job as AWS Backup tells it."""
    failed = {"StatusMessage": "Access denied trying to call the service"} if job.state == "FAILED" else {}
    vault = f"arn:aws:backup:{job.region}:{job.account}:backup-vault:{job.vault}"
    told = {"AccountId": job.account, "BackupJobId": job.id, "BackupVaultName": job.vault, "BackupVaultArn": vault}
    what = {"ResourceArn": job.resource, "ResourceType": job.type, "State": job.state, "BackupSizeInBytes": job.size}
    when = {"CreationDate": job.at, "StartBy": aware(job.at), "CompletionDate": job.at, "PercentDone": "100.0"}
    point = {"RecoveryPointArn": job.recovery_point} if job.state == "COMPLETED" else {}
    by = {"CreatedBy": {"BackupPlanId": job.plan, "BackupPlanName": job.plan}, "IsParent": False, "IsEncrypted": True}
    return {**told, **what, **when, **point, **by, **failed}


def told_restore(job: RestoreJob) -> dict[str, Any]:
    """Return a restore as AWS Backup tells it."""
    point = f"arn:aws:backup:{job.region}:{job.account}:recovery-point:{job.id.lower()}"
    told = {"AccountId": job.account, "RestoreJobId": job.id, "RecoveryPointArn": point, "ResourceType": job.type}
    when = {"CreationDate": job.at, "CompletionDate": job.ended, "PercentDone": "100.00%"}
    what = {"Status": job.state, "BackupSizeInBytes": job.size, "SourceResourceArn": job.resource}
    plan = f"arn:aws:backup:{job.region}:{job.account}:restore-testing-plan:{job.plan}-1"
    seen = {"ValidationStatus": job.validated} if job.validated else {}
    failed = {"StatusMessage": "The restore did not finish"} if job.state == "FAILED" else {}
    made = {"CreatedResourceArn": f"{job.resource}-restored"} if job.state == "COMPLETED" else {}
    return {**told, **when, **what, "CreatedBy": {"RestoreTestingPlanArn": plan}, **seen, **failed, **made}


def told_testing(estate: Estate, plan: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Return a testing as AWS Backup tells it."""
    arn = f"arn:aws:backup:{context.region}:{context.account}:restore-testing-plan:{plan['name']}-1"
    ran = {"LastExecutionTime": estate.ago(plan["last_run"])} if plan.get("last_run") else {}
    told = {"RestoreTestingPlanName": plan["name"], "RestoreTestingPlanArn": arn, "CreationTime": estate.ago("480d")}
    return {**told, "ScheduleExpression": "cron(0 2 ? * 1 *)", "StartWindowHours": 24, **ran}


def told_selection(plan: Mapping[str, Any], kind: str, context: Context) -> dict[str, Any]:
    """Return a selection as AWS Backup tells it."""
    role = f"arn:aws:iam::{context.account}:role/service-backup"
    told = {"RestoreTestingPlanName": plan["name"], "RestoreTestingSelectionName": f"every_{kind.lower()}"}
    made = datetime(2025, 8, 1).astimezone()
    return {**told, "ProtectedResourceType": kind, "IamRoleArn": role, "ValidationWindowHours": 8, "CreationTime": made}


def told_plan(estate: Estate, plan: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Return a plan as AWS Backup tells it."""
    arn = f"arn:aws:backup:{context.region}:{context.account}:backup-plan:{plan['name']}"
    told = {"BackupPlanArn": arn, "BackupPlanId": plan["name"], "BackupPlanName": plan["name"], "VersionId": "1"}
    return {**told, "CreationDate": estate.ago("700d"), "LastExecutionDate": estate.ago("1d")}


def told_point(job: BackupJob) -> dict[str, Any]:
    """Return a point as AWS Backup tells it."""
    vault = f"arn:aws:backup:{job.region}:{job.account}:backup-vault:{job.vault}"
    told = {"RecoveryPointArn": job.recovery_point, "BackupVaultName": job.vault, "BackupVaultArn": vault}
    what = {"ResourceArn": job.resource, "ResourceType": job.type, "Status": "COMPLETED", "IsEncrypted": True}
    days = (job.retained_until - job.at).days
    kept = {"CalculatedLifecycle": {"DeleteAt": job.retained_until}, "Lifecycle": {"DeleteAfterDays": days}}
    by = {"CreatedBy": {"BackupPlanId": job.plan}, "BackupSizeInBytes": job.size}
    return {**told, **what, **kept, **by, "CreationDate": job.at, "CompletionDate": job.at}
