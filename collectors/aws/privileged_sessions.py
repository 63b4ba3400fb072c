"""Sessions on servers through Session Manager: who opened one, on which, and how it ended."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run, Windows
from agent.model import LogEvent

HEADER = Header(
    id="aws.privileged_sessions",
    title="Sessions on servers",
    kind="log_event",
    population="Every session of Session Manager in this region that began in the window, open or ended.",
    provider="aws",
    per="region",
    calls=(Api("ssm.describe_sessions", ("ssm:DescribeSessions",)),),
    windows=Windows(settle=timedelta(hours=1), longest=timedelta(days=3), reach=timedelta(days=30)),
    keeps="P30D",
    limits=(
        "A session that is open when its window is read is recorded without its end.",
        "Logins past Session Manager (SSH, RDP, EC2 Instance Connect) are not among them.",
        "Where its output was logged to is in the artifact (`OutputUrl`); without one nothing was logged.",
    ),
)


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one event per session; the open ones first, so that none slips through by ending in between."""
    span = run.span
    between = [{"key": "InvokedAfter", "value": _text(span.start)}, {"key": "InvokedBefore", "value": _text(span.end)}]
    seen: set[str] = set()
    for state in ("Active", "History"):
        found = run.client.population(
            "ssm.describe_sessions", key="Sessions", State=state, Filters=between, MaxResults=200,
        )
        for session in found:
            if not span.start <= session["StartDate"] < span.end:
                run.skip("outside of the window")
            elif session["SessionId"] in seen and state == "History":
                run.skip("ended while it was read, and recorded as open")
            else:
                seen.add(session["SessionId"])
                yield Record(_row(session), session)


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _row(session: dict[str, Any]) -> LogEvent:
    return LogEvent(
        session["SessionId"],
        actor=session.get("Owner"),
        action=session.get("DocumentName") or "session",
        target=session.get("Target"),
        outcome=session["Status"].lower() if session.get("Status") else None,
        occurred_at=session["StartDate"],
    )
