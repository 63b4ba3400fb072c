"""Who signed in, from where, and whether it worked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from agent.clients.entra import Graph
from agent.collector import Api, Header, Record, Run, Windows
from agent.model import LogEvent
from collectors.entra._windows import within

CALL = "audit_logs.sign_ins"

HEADER = Header(
    id="entra.signin_logs",
    title="Sign-ins",
    kind="log_event",
    population="Every interactive sign-in of the window that Entra lists for the tenant, whatever came of it.",
    provider="entra",
    per="boundary",
    calls=(Api(CALL, ("AuditLog.Read.All",)),),
    windows=Windows(settle=timedelta(minutes=30), longest=timedelta(days=3), reach=timedelta(days=29)),
    keeps="P30D",
    limits=(
        "The tenant needs Microsoft Entra ID P1.",
        "Sign-ins without a person (refreshed tokens, applications, managed identities) are not in this list.",
        "Graph takes 5 requests in 10 s: beyond 1.8 million sign-ins an hour a tenant exports its logs instead.",
    ),
)


def collect(run: Run[Graph]) -> Iterator[Record]:
    """Yield one event per sign-in."""
    for event, at in within(run, CALL, "createdDateTime"):
        row = LogEvent(
            event["id"],
            actor=event.get("userPrincipalName") or event.get("userId"),
            action="sign-in",
            target=event.get("appDisplayName") or event.get("appId"),
            outcome=_outcome(event),
            source_ip=event.get("ipAddress") or None,
            occurred_at=at,
        )
        yield Record(row, event)


def _outcome(event: dict[str, Any]) -> str | None:
    """Return `success` or `failure`; None where Entra says neither."""
    code = (event.get("status") or {}).get("errorCode")
    return None if code is None else "failure" if code else "success"
