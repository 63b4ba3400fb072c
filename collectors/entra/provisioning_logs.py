"""What Entra created, changed and removed in other systems, and whether it worked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from agent.clients.entra import Graph
from agent.collector import Api, Header, Record, Run, Windows
from agent.model import LogEvent
from collectors.entra._people import somebody
from collectors.entra._windows import within

CALL = "audit_logs.provisioning"

HEADER = Header(
    id="entra.provisioning_logs",
    title="Provisioning of accounts in other systems",
    kind="log_event",
    population="Every step of provisioning in the window: an account that Entra created, changed, disabled or deleted "
    "in another system, or tried to.",
    provider="entra",
    per="boundary",
    calls=(Api(CALL, ("AuditLog.Read.All",)),),
    windows=Windows(settle=timedelta(minutes=30), longest=timedelta(days=3), reach=timedelta(days=7)),
    keeps="P7D",
    limits=(
        "The tenant needs Microsoft Entra ID P1.",
        "Entra keeps events for 30 days with a premium licence, and for 7 without: windows reach back 7.",
    ),
)
OUTCOMES = {"success": "success", "failure": "failure", "skipped": "skipped", "warning": "warning"}


def collect(run: Run[Graph]) -> Iterator[Record]:
    """Yield one event per step."""
    for event, at in within(run, CALL, "activityDateTime"):
        yield Record(_row(event, at), event)


def _row(event: dict[str, Any], at: datetime) -> LogEvent:
    source, target = event.get("sourceIdentity") or {}, event.get("targetIdentity") or {}
    system = (event.get("targetSystem") or {}).get("displayName")
    account = somebody(target) or somebody(source)
    said = str((event.get("provisioningStatusInfo") or {}).get("status")).lower()
    return LogEvent(
        event["id"],
        actor=somebody(event.get("initiatedBy")) or somebody(event.get("servicePrincipal")),
        action=event.get("provisioningAction"),
        target=f"{account} in {system}" if account and system else account or system,
        outcome=OUTCOMES.get(said),
        occurred_at=at,
    )
