"""Backup plans of AWS Backup: their rules (when, where to, how long, copied where) and what they select."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from collectors.aws._settings import setting

HEADER = Header(
    id="aws.backup_plans",
    title="Backup plans of AWS Backup",
    kind="configuration",
    population="Every backup plan of the account in this region, with each of its rules and selections.",
    provider="aws",
    per="region",
    calls=(
        Api("backup.list_backup_plans", ("backup:ListBackupPlans",)),
        Api("backup.get_backup_plan", ("backup:GetBackupPlan",)),
        Api("backup.list_backup_selections", ("backup:ListBackupSelections",)),
        Api("backup.get_backup_selection", ("backup:GetBackupSelection",)),
    ),
    limits=(
        "Which resources a selection by tags finds, the plan does not tell: aws.backup_coverage does.",
        "Plans that other tools have (Data Lifecycle Manager, RDS's own backups) are not among them.",
        "A rule whose `retention_days` is null keeps its backups until somebody deletes them.",
        "`last_execution` is null where the plan has never run.",
    ),
)


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one record per plan and setting, and several per rule and selection of a plan."""
    plans = run.client.population("backup.list_backup_plans", key="BackupPlansList", MaxResults=1000)

    def details(plan: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        answer = run.client.ask("backup.get_backup_plan", BackupPlanId=plan["BackupPlanId"])
        return answer or {}, list(_selections(run.client, plan["BackupPlanId"]))

    for plan, (full, selections) in run.client.each(plans, details):
        yield from _plan(plan, full, selections)
        for rule in full["BackupPlan"]["Rules"]:
            yield from _rule(plan["BackupPlanArn"], rule)
        for one in selections:
            row = setting(plan["BackupPlanArn"], "selection", _selected(one["BackupSelection"]), one["SelectionId"])
            yield Record(row, one)


def _selections(client: Aws, plan: str) -> Iterator[dict[str, Any]]:
    listed = client.read(
        "backup.list_backup_selections", key="BackupSelectionsList", BackupPlanId=plan, MaxResults=1000,
    )
    for one in listed:
        found = client.ask("backup.get_backup_selection", BackupPlanId=plan, SelectionId=one["SelectionId"])
        yield found or {}


def _plan(plan: dict[str, Any], full: dict[str, Any], selections: list[dict[str, Any]]) -> Iterator[Record]:
    told = {
        "name": full["BackupPlan"]["BackupPlanName"],
        "last_execution": plan.get("LastExecutionDate"),
        "rules": [rule["RuleName"] for rule in full["BackupPlan"]["Rules"]],
        "selections": [one["BackupSelection"]["SelectionName"] for one in selections],
    }
    raw = [
        {"operation": "backup.list_backup_plans", "item": plan},
        {"operation": "backup.get_backup_plan", "item": full},
    ]
    for name, value in told.items():
        yield Record(setting(plan["BackupPlanArn"], name, value), raw)


def _rule(plan: str, rule: dict[str, Any]) -> Iterator[Record]:
    lifecycle = rule.get("Lifecycle") or {}
    told = {
        "rule": rule["RuleName"],
        "schedule": rule.get("ScheduleExpression"),
        "vault": rule["TargetBackupVaultName"],
        "retention_days": lifecycle.get("DeleteAfterDays"),
        "cold_storage_after_days": lifecycle.get("MoveToColdStorageAfterDays"),
        "continuous": rule.get("EnableContinuousBackup"),
        "copies": [_copy(one) for one in rule.get("CopyActions") or ()],
    }
    for name, value in told.items():
        yield Record(setting(plan, name, value, rule.get("RuleId") or rule["RuleName"]), rule)


def _copy(action: dict[str, Any]) -> dict[str, Any]:
    kept = (action.get("Lifecycle") or {}).get("DeleteAfterDays")
    return {"vault": action["DestinationBackupVaultArn"], "retention_days": kept}


def _selected(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": one["SelectionName"],
        "resources": one.get("Resources") or [],
        "not_resources": one.get("NotResources") or [],
        "tags": one.get("ListOfTags") or [],
        "conditions": one.get("Conditions"),
    }
