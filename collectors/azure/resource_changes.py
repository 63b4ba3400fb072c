"""What changed of resources and their groups, and who changed it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from agent.clients.azure import GRAPH, Azure, literal, moment
from agent.collector import Api, Header, Record, Run, Windows
from agent.model import Change

HEADER = Header(
    id="azure.resource_changes",
    title="Changes of resources",
    kind="change",
    population="Every change of the window that Resource Graph keeps of a resource or group of the subscription.",
    provider="azure",
    per="member",
    calls=(Api(GRAPH, ("*/read",)),),
    windows=Windows(settle=timedelta(hours=1), longest=timedelta(days=1), reach=timedelta(days=13)),
    keeps="P14D",
    limits=(
        "Azure keeps changes for 14 days, and those of some types of resource not at all.",
        "`outcome` says what happened (created, updated, deleted); whether it was approved Azure does not know.",
        "`author` is null where the change came from Azure itself or was seen only later.",
    ),
)
QUERY = """resourcechanges
| union resourcecontainerchanges
| extend at = todatetime(properties.changeAttributes.timestamp)
| where at >= datetime({start}) and at < datetime({end})
| project id, at, target = tostring(properties.targetResourceId), type = tostring(properties.targetResourceType),
    change = tostring(properties.changeType), by = tostring(properties.changeAttributes.changedBy),
    byType = tostring(properties.changeAttributes.changedByType),
    client = tostring(properties.changeAttributes.clientType),
    operation = tostring(properties.changeAttributes.operation),
    correlation = tostring(properties.changeAttributes.correlationId), changes = properties.changes
| order by id asc"""
OUTCOMES = {"create": "created", "update": "updated", "delete": "deleted"}
NOBODY = ("", "unspecified", "system")


def collect(run: Run[Azure]) -> Iterator[Record]:
    """Yield one change each."""
    span = run.span
    query = QUERY.format(start=literal(span.start), end=literal(span.end))
    for item in run.client.population(GRAPH, query=query):
        at = moment(item.get("at"))
        if at is None or not span.start <= at < span.end:
            run.skip("outside of the window")
        else:
            yield Record(_row(item, at), item)


def _row(item: dict[str, Any], at: Any) -> Change:
    author = item.get("by") or ""
    return Change(
        item["id"],
        reference=item.get("target") or None,
        author=None if author.lower() in NOBODY else author,
        outcome=OUTCOMES.get(str(item.get("change")).lower()),
        occurred_at=at,
    )
