"""What was done to the resources of a subscription, by whom, and whether it worked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from agent.clients.azure import Azure
from agent.collector import Api, Header, Record, Run, Windows
from agent.model import LogEvent
from collectors.azure._windows import within

CALL = "monitor.activity_logs.list"
HEADER = Header(
    id="azure.activity_log",
    title="Activity log",
    kind="log_event",
    population="Every event of the window in the activity log of the subscription: changes, alerts, health, policy.",
    provider="azure",
    per="member",
    calls=(Api(CALL, ("Microsoft.Insights/eventtypes/values/read",)),),
    windows=Windows(settle=timedelta(minutes=30), longest=timedelta(days=3), reach=timedelta(days=89)),
    keeps="P90D",
    limits=(
        "Reading a resource leaves no event; changes and actions do.",
        "What happens within a resource (a secret read, a row changed) is in its own logs.",
        "One operation has several events: when it began, and how it ended.",
    ),
)
OUTCOMES = {"succeeded": "success", "success": "success", "failed": "failure", "failure": "failure"}
"""What Azure's states say of the end; every other one says that it began or went on."""


def collect(run: Run[Azure]) -> Iterator[Record]:
    """Yield one event each."""
    for event, at in within(run, CALL, "eventTimestamp"):
        yield Record(row(event, at), event)


def row(event: dict[str, Any], at: datetime) -> LogEvent:
    """Return an event of an activity log, of a subscription or of the tenant."""
    state = _value(event, "status")
    return LogEvent(
        event["eventDataId"],
        actor=event.get("caller") or None,
        action=_value(event, "operationName"),
        target=event.get("resourceId") or None,
        outcome=OUTCOMES.get((state or "").lower(), state),
        source_ip=(event.get("httpRequest") or {}).get("clientIpAddress") or None,
        occurred_at=at,
    )


def _value(event: dict[str, Any], name: str) -> str | None:
    """Return the word of a member that has it beside its translation."""
    found = event.get(name)
    return (found.get("value") or None) if isinstance(found, dict) else found
