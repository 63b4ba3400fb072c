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
MODERN = ("Browser", "Mobile Apps and Desktop clients")
"""The clients that can be asked for a second factor; every other one that Entra names is of an old protocol.

https://learn.microsoft.com/entra/identity/conditional-access/policy-block-legacy-authentication
"""

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
        "Whether a second factor was given only the beta of Graph tells; what conditional access did is in the record.",
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
            action=_action(event),
            target=event.get("appDisplayName") or event.get("appId"),
            outcome=_outcome(event),
            source_ip=event.get("ipAddress") or None,
            occurred_at=at,
        )
        yield Record(row, event)


def _action(event: dict[str, Any]) -> str:
    """Return `sign-in`, and of a client that cannot be asked for a second factor its name too."""
    client = event.get("clientAppUsed")
    return f"sign-in through legacy client: {client}" if client and client not in MODERN else "sign-in"


def _outcome(event: dict[str, Any]) -> str | None:
    """Return `success` or `failure`; None where Entra says neither."""
    code = (event.get("status") or {}).get("errorCode")
    return None if code is None else "failure" if code else "success"
