"""When each table of Log Analytics last got something: delivery, not settings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.azure import Azure, moment
from agent.collector import Api, Header, Record, Run
from agent.model import LogSource
from collectors.azure._answers import UNREGISTERED

WORKSPACES, QUERY = "loganalytics.workspaces.list", "loganalytics.query"
TABLE = (
    "Microsoft.OperationalInsights/workspaces/query/read", "Microsoft.OperationalInsights/workspaces/query/Usage/read",
)
"""To ask at all, and to be shown the table that is asked for: each is a right of its own."""
HEADER = Header(
    id="azure.log_delivery",
    title="Delivery of logs",
    kind="log_source",
    population="Every table of every Log Analytics workspace of the subscription that got rows within thirty days.",
    provider="azure",
    per="member",
    calls=(
        Api(WORKSPACES, ("Microsoft.OperationalInsights/workspaces/read",), answers=UNREGISTERED),
        Api(QUERY, TABLE, answers={
            "PathNotFoundError": "the workspace was deleted while it was read",
        }),
    ),
    limits=(
        "Azure counts by the hour: `last_delivery_at` is the end of the last hour in which rows arrived.",
        "A workspace that got nothing within thirty days has one record without a time.",
        "A table that fell silent longer ago, or never got anything, is not told apart from one that is not there.",
    ),
)
KQL = (
    "Usage | where TimeGenerated > ago(30d) and Quantity > 0 "
    "| summarize LastAt = max(EndTime), Megabytes = sum(Quantity) by DataType | order by DataType asc"
)


def collect(run: Run[Azure]) -> Iterator[Record]:
    """Yield one log source per table, one for a workspace that got nothing."""

    def ask(workspace: dict[str, Any]) -> list[dict[str, Any]]:
        customer = (workspace.get("properties") or {}).get("customerId")
        return list(run.client.read(QUERY, workspaceId=customer, query=KQL, timespan="P30D"))

    for workspace, tables in run.client.each(run.client.population(WORKSPACES), ask, width=4):
        for table in tables:
            raw = [{"operation": WORKSPACES, "item": workspace}, {"operation": QUERY, "item": table}]
            yield Record(_row(workspace, table), raw)
        if not tables:
            row = LogSource(workspace["id"], name=workspace["name"], enabled=True, destination=workspace["id"])
            yield Record(row, [{"operation": WORKSPACES, "item": workspace}, {"operation": QUERY, "item": None}])


def _row(workspace: dict[str, Any], table: dict[str, Any]) -> LogSource:
    return LogSource(
        f"{workspace['id']}/tables/{table['DataType']}",
        name=f"{workspace['name']}: {table['DataType']}",
        enabled=True,
        covers=[table["DataType"]],
        destination=workspace["id"],
        last_delivery_at=moment(table.get("LastAt")),
    )
