"""AWS Backup as the estate has it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from tests.lab.aws.answers import Context
from tests.lab.aws.backup_shapes import (
    chosen,
    told_job,
    told_plan,
    told_point,
    told_restore,
    told_selection,
    told_testing,
)
from tests.lab.aws.paging import Listing
from tests.lab.aws.wire import ErrorAnswer
from tests.lab.backups import denied, protected
from tests.lab.estate import Estate
from tests.lab.things import BackupJob, RestoreJob

Params = dict[str, Any]


def missing(what: str) -> ErrorAnswer:
    """Return Backup's word for a thing that is not there."""
    return ErrorAnswer("ResourceNotFoundException", 400, f"{what} could not be found")


class Backup:
    """The answers of one estate."""

    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self.jobs: dict[tuple[str, str], list[BackupJob]] = defaultdict(list)
        self.restores: dict[tuple[str, str], list[RestoreJob]] = defaultdict(list)
        for job in reversed(estate.backup_jobs):
            self.jobs[(job.account, job.region)].append(job)
        for restore in reversed(estate.restore_jobs):
            self.restores[(restore.account, restore.region)].append(restore)
        self.kept = estate.ago(estate.file["backup"]["kept"])

    def answers(self) -> dict[str, Callable[[Params, Context], Any]]:
        """Return the handler of each operation."""
        own = {name: getattr(self, name) for name in dir(self) if name.startswith(("get_", "list_", "describe_"))}
        return {f"backup.{name}": handler for name, handler in own.items()}

    def _place(self, context: Context) -> tuple[str, str]:
        return (context.account, context.region)

    def list_backup_jobs(self, params: Params, context: Context) -> Listing:
        jobs = [j for j in self.jobs[self._place(context)] if j.at >= self.kept]
        return Listing([told_job(j) for j in chosen(jobs, params)], size=1000)

    def describe_backup_job(self, params: Params, context: Context) -> Any:
        found = next((j for j in self.jobs[self._place(context)] if j.id == params["BackupJobId"]), None)
        return told_job(found) if found else missing(f"Backup job {params['BackupJobId']}")

    def list_backup_job_summaries(self, params: Params, context: Context) -> Listing:
        return self._summaries(context, self.jobs[self._place(context)], "BackupJobSummaries")

    def list_restore_job_summaries(self, params: Params, context: Context) -> Listing:
        return self._summaries(context, self.restores[self._place(context)], "RestoreJobSummaries")

    def _summaries(self, context: Context, jobs: list[Any], key: str) -> Listing:
        counted = Counter((j.at.date(), j.state, j.type) for j in jobs if j.at >= self.estate.ago("14d"))
        place = {"Region": context.region, "AccountId": context.account}
        return Listing(
            [{**place, "State": s, "ResourceType": t, "Count": n} for (_, s, t), n in sorted(counted.items())], key=key
        )

    def list_restore_jobs(self, params: Params, context: Context) -> Listing:
        jobs = chosen(self.restores[self._place(context)], params)
        return Listing([told_restore(j) for j in jobs], size=1000)

    def list_restore_jobs_by_protected_resource(self, params: Params, context: Context) -> Listing:
        jobs = [j for j in self.restores[self._place(context)] if j.resource == params["ResourceArn"]]
        return Listing([told_restore(j) for j in jobs])

    def describe_restore_job(self, params: Params, context: Context) -> Any:
        found = next((j for j in self.restores[self._place(context)] if j.id == params["RestoreJobId"]), None)
        return told_restore(found) if found else missing(f"Restore job {params['RestoreJobId']}")

    def get_restore_job_metadata(self, params: Params, context: Context) -> Any:
        return {"RestoreJobId": params["RestoreJobId"], "Metadata": {"restored-by": "restore-testing"}}

    def _plans(self, context: Context) -> list[Mapping[str, Any]]:
        plans = self.estate.file["restore_tests"]["plans"]
        place = self._place(context)
        return [p for p in plans if (self.estate.account(p["account"]).id, p["region"]) == place]

    def list_restore_testing_plans(self, params: Params, context: Context) -> Listing:
        return Listing([told_testing(self.estate, p, context) for p in self._plans(context)])

    def get_restore_testing_plan(self, params: Params, context: Context) -> Any:
        found = next((p for p in self._plans(context) if p["name"] == params["RestoreTestingPlanName"]), None)
        if found is None:
            return missing("Restore testing plan")
        chosen = {"Algorithm": "LATEST_WITHIN_WINDOW", "SelectionWindowDays": 30, "IncludeVaults": ["*"]}
        point = {"RecoveryPointTypes": ["SNAPSHOT"], **chosen}
        return {"RestoreTestingPlan": {**told_testing(self.estate, found, context), "RecoveryPointSelection": point}}

    def list_restore_testing_selections(self, params: Params, context: Context) -> Any:
        found = [p for p in self._plans(context) if p["name"] == params["RestoreTestingPlanName"]]
        return Listing([told_selection(p, kind, context) for p in found for kind in p["selections"]])

    def get_restore_testing_selection(self, params: Params, context: Context) -> Any:
        found = [p for p in self._plans(context) if p["name"] == params["RestoreTestingPlanName"]]
        listed = [told_selection(p, kind, context) for p in found for kind in p["selections"]]
        chosen = next(
            (s for s in listed if s["RestoreTestingSelectionName"] == params["RestoreTestingSelectionName"]), None
        )
        if chosen is None:
            return missing("Restore testing selection")
        return {"RestoreTestingSelection": {**chosen, "ProtectedResourceArns": ["*"]}}

    def get_restore_testing_inferred_metadata(self, params: Params, context: Context) -> Any:
        return {"InferredMetadata": {"encrypted": "true"}}

    def _active(self, context: Context) -> bool:
        return bool(self.jobs[self._place(context)])

    def list_backup_plans(self, params: Params, context: Context) -> Listing:
        plans = self.estate.file["backup"]["plans"] if self._active(context) else []
        return Listing([told_plan(self.estate, p, context) for p in plans])

    def get_backup_plan(self, params: Params, context: Context) -> Any:
        for plan in self.estate.file["backup"]["plans"]:
            told = told_plan(self.estate, plan, context)
            if told["BackupPlanId"] == params["BackupPlanId"]:
                rule = {
                    "RuleName": plan["name"],
                    "TargetBackupVaultName": plan["vault"],
                    "RuleId": f"rule-{plan['name']}",
                    "ScheduleExpression": "cron(0 1 * * ? *)" if plan["retention"] < 90 else "cron(0 1 1 * ? *)",
                    "StartWindowMinutes": 60,
                    "CompletionWindowMinutes": 360,
                    "Lifecycle": {"DeleteAfterDays": plan["retention"]},
                    "CopyActions": [],
                }
                return {**told, "BackupPlan": {"BackupPlanName": plan["name"], "Rules": [rule]}}
        return missing("Backup plan")

    def list_backup_selections(self, params: Params, context: Context) -> Listing:
        told = {
            "SelectionName": "tagged",
            "BackupPlanId": params["BackupPlanId"],
            "CreationDate": self.estate.ago("500d"),
        }
        role = f"arn:aws:iam::{context.account}:role/service-backup"
        return Listing([{**told, "SelectionId": f"sel-{params['BackupPlanId']}", "IamRoleArn": role}])

    def get_backup_selection(self, params: Params, context: Context) -> Any:
        arns = [r.arn for r in protected(self.estate) if (r.account, r.region) == self._place(context)]
        role = f"arn:aws:iam::{context.account}:role/service-backup"
        selection = {"SelectionName": "tagged", "IamRoleArn": role, "Resources": arns}
        return {
            "BackupSelection": selection,
            "SelectionId": params["SelectionId"],
            "BackupPlanId": params["BackupPlanId"],
        }

    def list_backup_vaults(self, params: Params, context: Context) -> Listing:
        vaults = self.estate.file["backup"]["vaults"] if self._active(context) else []
        return Listing([self._vault(v, context) for v in vaults])

    def describe_backup_vault(self, params: Params, context: Context) -> Any:
        vaults = {v["name"]: v for v in self.estate.file["backup"]["vaults"]}
        found = vaults.get(params["BackupVaultName"])
        return self._vault(found, context) if found else missing("Backup vault")

    def _vault(self, vault: Mapping[str, Any], context: Context) -> dict[str, Any]:
        lock = (
            {"MinRetentionDays": 30, "MaxRetentionDays": 3650, "LockDate": self.estate.ago("400d")}
            if vault["lock"]
            else {}
        )
        points = sum(j.vault == vault["name"] for j in self._points(context))
        arn = f"arn:aws:backup:{context.region}:{context.account}:backup-vault:{vault['name']}"
        key = f"arn:aws:kms:{context.region}:{context.account}:key/aws-backup"
        told = {
            "BackupVaultName": vault["name"],
            "BackupVaultArn": arn,
            "VaultType": "BACKUP_VAULT",
            "VaultState": "AVAILABLE",
        }
        made = {"CreationDate": self.estate.ago("700d"), "EncryptionKeyArn": key, "NumberOfRecoveryPoints": points}
        return {**told, **made, "Locked": bool(vault["lock"]), **lock}

    def get_backup_vault_access_policy(self, params: Params, context: Context) -> ErrorAnswer:
        return missing("Backup vault access policy")

    def get_backup_vault_notifications(self, params: Params, context: Context) -> ErrorAnswer:
        return missing("Backup vault notifications")

    def _points(self, context: Context) -> list[BackupJob]:
        jobs = self.jobs[self._place(context)]
        return [j for j in jobs if j.state == "COMPLETED" and j.retained_until > self.estate.now]

    def list_protected_resources(self, params: Params, context: Context) -> Listing:
        newest: dict[str, BackupJob] = {}
        for job in self._points(context):
            newest.setdefault(job.resource, job)
        return Listing(
            [
                {
                    "ResourceArn": arn,
                    "ResourceType": j.type,
                    "LastBackupTime": j.at,
                    "ResourceName": arn.rsplit(":", 1)[-1],
                }
                for arn, j in sorted(newest.items())
            ],
            size=1000,
        )

    def list_recovery_points_by_resource(self, params: Params, context: Context) -> Listing:
        points = [j for j in self._points(context) if j.resource == params["ResourceArn"]]
        return Listing([{**told_point(j), "BackupVaultName": j.vault} for j in points])

    def list_recovery_points_by_backup_vault(self, params: Params, context: Context) -> Listing:
        points = [j for j in self._points(context) if j.vault == params["BackupVaultName"]]
        return Listing([told_point(j) for j in chosen(points, params)], size=1000)

    def describe_recovery_point(self, params: Params, context: Context) -> Any:
        found = next((j for j in self._points(context) if j.recovery_point == params["RecoveryPointArn"]), None)
        return told_point(found) if found else missing("Recovery point")


def setup_denials(estate: Estate) -> list[tuple[str, str, str]]:
    """Return (service, account, region) that the organization forbids."""
    services = {s for entry in estate.file["denied_regions"] for s in entry["services"]}
    places = ((s, a.id, r) for s in sorted(services) for a in estate.accounts for r in estate.regions)
    return [place for place in places if denied(estate, place[1], place[2], place[0])]
