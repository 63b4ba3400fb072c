"""How patching is arranged: the patch baselines in use, and the windows in which servers are patched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, timedelta
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from collectors.aws._arn import arn
from collectors.aws._settings import setting

EXECUTIONS = "ssm.describe_maintenance_window_executions"
RECENT = timedelta(days=35)
HEADER = Header(
    id="aws.patch_baselines",
    title="Patch baselines and maintenance windows",
    kind="configuration",
    population="Every patch baseline of the account's own or used by default in this region, and every maintenance "
    "window, with its last execution.",
    provider="aws",
    per="region",
    calls=(
        Api("ssm.describe_patch_baselines", ("ssm:DescribePatchBaselines",)),
        Api(
            "ssm.get_patch_baseline",
            ("ssm:GetPatchBaseline",),
            answers={"DoesNotExistException": "the baseline was deleted while it was read"},
        ),
        Api("ssm.describe_maintenance_windows", ("ssm:DescribeMaintenanceWindows",)),
        Api(EXECUTIONS, ("ssm:DescribeMaintenanceWindowExecutions",)),
    ),
    cadence="P1W",
    limits=(
        "Which servers belong to which patch group is in aws.ssm_inventory and in their tags.",
        "Baselines of AWS that are nobody's default are left out and counted.",
        "What a maintenance window runs is not read: aws.patch_compliance shows what came of it.",
        "Executions of more than 35 days ago are not asked for; a window whose executions are refused comes without.",
    ),
)


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one record per baseline and setting, then one per window and setting."""

    def rules(one: dict[str, Any]) -> dict[str, Any] | None:
        return run.client.ask("ssm.get_patch_baseline", BaselineId=one["BaselineId"]) if _used(one) else None

    listed = run.client.population("ssm.describe_patch_baselines", key="BaselineIdentities", MaxResults=100)
    for one, whole in run.client.each(listed, rules, width=4):
        if whole is None:
            run.skip("deleted while it was read" if _used(one) else "of AWS, and nobody's default")
            continue
        raw = [{"operation": "ssm.describe_patch_baselines", "item": one},
               {"operation": "ssm.get_patch_baseline", "item": whole}]
        name = one["BaselineId"]
        place = name if name.startswith("arn:") else arn(run, "ssm", f"patchbaseline/{name}")
        for key, value in _baseline(one, whole).items():
            yield Record(setting(place, key, value), raw)
    yield from _windows(run)


def _windows(run: Run[Aws]) -> Iterator[Record]:
    since = (run.started - RECENT).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def executions(window: dict[str, Any]) -> list[dict[str, Any]] | None:
        wanted = [{"Key": "ExecutedAfter", "Values": [since]}]
        found = run.client.read(
            EXECUTIONS, key="WindowExecutions", WindowId=window["WindowId"], Filters=wanted, MaxResults=100,
        )
        return list(found)

    listed = run.client.population("ssm.describe_maintenance_windows", key="WindowIdentities", MaxResults=100)
    for window, done in run.client.each(listed, executions, unread=None):
        last = max(done or (), key=lambda one: one["StartTime"], default={})
        raw = [{"operation": "ssm.describe_maintenance_windows", "item": window},
               {"operation": EXECUTIONS, "item": last}]
        ran = {} if done is None else _execution(last)
        for key, value in (_window(window) | ran).items():
            yield Record(setting(arn(run, "ssm", f"maintenancewindow/{window['WindowId']}"), key, value), raw)


def _used(one: dict[str, Any]) -> bool:
    """Return whether a baseline is a default, or one that the account made (AWS's own are named by their ARN)."""
    return bool(one.get("DefaultBaseline")) or not one["BaselineId"].startswith("arn:")


def _baseline(one: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    found = (whole.get("ApprovalRules") or {}).get("PatchRules") or ()
    return {
        "baseline_name": one.get("BaselineName"),
        "operating_system": one.get("OperatingSystem"),
        "default": one.get("DefaultBaseline"),
        "approve_after_days": _latest(found, "ApproveAfterDays"),
        "approve_until": _latest(found, "ApproveUntilDate"),
        "rejected_patches": sorted(whole.get("RejectedPatches") or ()),
    }


def _latest(rules: Iterable[dict[str, Any]], member: str) -> Any:
    """Return the greatest of what the rules say, None where none says it."""
    return max((rule[member] for rule in rules if rule.get(member) is not None), default=None)


def _window(window: dict[str, Any]) -> dict[str, Any]:
    return {
        "window_name": window.get("Name"),
        "window_enabled": window.get("Enabled"),
        "schedule": window.get("Schedule"),
        "next_execution": window.get("NextExecutionTime"),
        "ends": window.get("EndDate"),
    }


def _execution(last: dict[str, Any]) -> dict[str, Any]:
    return {"last_execution_at": last.get("StartTime"), "last_execution_status": last.get("Status")}
