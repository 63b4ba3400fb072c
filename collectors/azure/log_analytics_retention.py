"""How long Log Analytics keeps what it holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.azure import Azure
from agent.collector import Api, Header, Record, Run
from agent.model import LogSource
from collectors.azure._answers import GONE, UNREGISTERED
from collectors.azure._ids import group

WORKSPACES, TABLES = "loganalytics.workspaces.list", "loganalytics.tables.list_by_workspace"
HEADER = Header(
    id="azure.log_analytics_retention",
    title="Retention of Log Analytics",
    kind="log_source",
    population="Every Log Analytics workspace of the subscription, and every table in it whose retention is its own.",
    provider="azure",
    per="member",
    calls=(
        Api(WORKSPACES, ("Microsoft.OperationalInsights/workspaces/read",), answers=UNREGISTERED),
        Api(TABLES, ("Microsoft.OperationalInsights/workspaces/tables/read",), answers=GONE),
    ),
    limits=(
        "`retention_days` of a table is the total: what can be searched at once, and what is archived behind it.",
        "Tables that keep to the retention of their workspace have no record of their own.",
        "Whether anything arrives is in azure.log_delivery.",
    ),
)


def collect(run: Run[Azure]) -> Iterator[Record]:
    """Yield one log source per workspace, and one per table that differs from it."""

    def tables(workspace: dict[str, Any]) -> list[dict[str, Any]]:
        found = run.client.read(
            TABLES, resourceGroupName=group(workspace["id"]), workspaceName=workspace["name"]
        )
        return [one for one in found if not _follows(one)]

    for workspace, own in run.client.each(run.client.population(WORKSPACES), tables, width=4):
        yield Record(_workspace(workspace), workspace)
        for table in own:
            raw = [{"operation": WORKSPACES, "item": workspace}, {"operation": TABLES, "item": table}]
            yield Record(_table(workspace, table), raw)


def _follows(table: dict[str, Any]) -> bool:
    said = table.get("properties") or {}
    return bool(said.get("retentionInDaysAsDefault") and said.get("totalRetentionInDaysAsDefault"))


def _workspace(one: dict[str, Any]) -> LogSource:
    said = one.get("properties") or {}
    return LogSource(
        one["id"],
        name=one["name"],
        enabled=said.get("provisioningState") == "Succeeded" if said.get("provisioningState") else None,
        destination=one["id"],
        retention_days=said.get("retentionInDays"),
    )


def _table(workspace: dict[str, Any], one: dict[str, Any]) -> LogSource:
    said = one.get("properties") or {}
    days = said.get("totalRetentionInDays") or said.get("retentionInDays")
    return LogSource(
        one["id"],
        name=f"{workspace['name']}: {one['name']}",
        covers=[f"plan:{said['plan']}"] if said.get("plan") else None,
        destination=workspace["id"],
        retention_days=days if days is not None and days > 0 else None,
    )
