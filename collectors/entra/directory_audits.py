"""What was changed in the directory, and by whom."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from agent.clients.entra import Graph
from agent.collector import Api, Header, Record, Run, Windows
from agent.model import LogEvent
from collectors.entra._people import somebody
from collectors.entra._windows import within

CALL = "audit_logs.directory_audits"

HEADER = Header(
    id="entra.directory_audits",
    title="Audit log of the directory",
    kind="log_event",
    population="Every event of the window in the audit log of the tenant's directory.",
    provider="entra",
    per="boundary",
    calls=(Api(CALL, ("AuditLog.Read.All",)),),
    windows=Windows(settle=timedelta(minutes=30), longest=timedelta(days=3), reach=timedelta(days=7)),
    keeps="P7D",
    limits=(
        "A consent that no administrator gave bears `(user consent)` behind its action, where Entra says so.",
        "Entra keeps events for 30 days with a premium licence, and for 7 without: windows reach back 7.",
    ),
)


def collect(run: Run[Graph]) -> Iterator[Record]:
    """Yield one event per entry of the log."""
    for event, at in within(run, CALL, "activityDateTime"):
        yield Record(_row(event, at), event)


def _row(event: dict[str, Any], at: datetime) -> LogEvent:
    by = event.get("initiatedBy") or {}
    user, app = by.get("user") or {}, by.get("app") or {}
    targets = [one.get("userPrincipalName") or one.get("displayName") or one.get("id") for one in
               event.get("targetResources") or ()]
    return LogEvent(
        event["id"],
        actor=somebody(user) or app.get("displayName") or app.get("servicePrincipalId") or app.get("appId"),
        action=_action(event),
        target=", ".join(filter(None, targets)) or None,
        outcome=event.get("result"),
        source_ip=user.get("ipAddress") or None,
        occurred_at=at,
    )


def _action(event: dict[str, Any]) -> str | None:
    """Return the activity, and of a consent whether a person gave it alone.

    Old and new values are texts of JSON: `"False"` stands within quotes of its own.
    """
    told = [
        str(one.get("newValue")).strip('"').lower()
        for target in event.get("targetResources") or ()
        for one in target.get("modifiedProperties") or ()
        if one.get("displayName") == "ConsentContext.IsAdminConsent"
    ]
    name: str | None = event.get("activityDisplayName")
    return f"{name} (user consent)" if "false" in told else name
