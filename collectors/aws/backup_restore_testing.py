"""Restore testing plans of AWS Backup: what they restore, how often, and when they last ran."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from collectors.aws._settings import setting

HEADER = Header(
    id="aws.backup_restore_testing",
    title="Restore testing plans of AWS Backup",
    kind="configuration",
    population="Every restore testing plan of the account in this region, with what it selects and when it last ran.",
    provider="aws",
    per="region",
    calls=(
        Api("backup.list_restore_testing_plans", ("backup:ListRestoreTestingPlans",)),
        Api("backup.get_restore_testing_plan", ("backup:GetRestoreTestingPlan",)),
        Api("backup.list_restore_testing_selections", ("backup:ListRestoreTestingSelections",)),
        Api("backup.get_restore_testing_selection", ("backup:GetRestoreTestingSelection",)),
    ),
    limits=(
        "A plan that ran is no restore that succeeded: aws.backup_restore_jobs tells those.",
        "Restores tested outside AWS Backup have no plan here.",
        "`last_execution` is null where the plan has never run.",
    ),
)


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one record per plan and setting, and one per selection of a plan."""
    plans = run.client.population("backup.list_restore_testing_plans", key="RestoreTestingPlans", MaxResults=1000)

    def details(plan: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        name = plan["RestoreTestingPlanName"]
        answer = run.client.ask("backup.get_restore_testing_plan", RestoreTestingPlanName=name)
        return (answer or {})["RestoreTestingPlan"], list(_selections(run.client, name))

    for plan, (full, selections) in run.client.each(plans, details):
        yield from _records(plan, full, selections)


def _selections(client: Aws, plan: str) -> Iterator[dict[str, Any]]:
    listed = client.read(
        "backup.list_restore_testing_selections", key="RestoreTestingSelections", RestoreTestingPlanName=plan,
        MaxResults=1000,
    )
    for one in listed:
        answer = client.ask(
            "backup.get_restore_testing_selection", RestoreTestingPlanName=plan,
            RestoreTestingSelectionName=one["RestoreTestingSelectionName"],
        )
        yield (answer or {})["RestoreTestingSelection"]


def _records(plan: dict[str, Any], full: dict[str, Any], selections: list[dict[str, Any]]) -> Iterator[Record]:
    arn = plan["RestoreTestingPlanArn"]
    told = {
        "schedule": full.get("ScheduleExpression"),
        "schedule_timezone": full.get("ScheduleExpressionTimezone"),
        "last_execution": full.get("LastExecutionTime"),
        "recovery_points": full.get("RecoveryPointSelection"),
    }
    raw = [
        {"operation": "backup.list_restore_testing_plans", "item": plan},
        {"operation": "backup.get_restore_testing_plan", "item": full},
    ]
    for name, value in told.items():
        yield Record(setting(arn, name, value), raw)
    names = [one["RestoreTestingSelectionName"] for one in selections]
    yield Record(setting(arn, "selections", names), selections)
    for one in selections:
        yield Record(setting(arn, "selection", _selection(one), one["RestoreTestingSelectionName"]), one)


def _selection(one: dict[str, Any]) -> dict[str, Any]:
    """Return what is restored, and for how long it is there to be looked at."""
    return {
        "type": one["ProtectedResourceType"],
        "resources": one.get("ProtectedResourceArns") or [],
        "conditions": one.get("ProtectedResourceConditions"),
        "validation_window_hours": one.get("ValidationWindowHours"),
    }
