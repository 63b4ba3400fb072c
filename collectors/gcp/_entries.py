"""Entries of Cloud Logging by the exact bounds of a window, and what an entry of an audit log says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.gcp import Gcp
from agent.collector import Run
from agent.model import LogEvent
from collectors.gcp._times import instant, written

CALL = "logging.list_log_entries"


def entries(run: Run[Gcp], what: str) -> Iterator[dict[str, Any]]:
    """Yield each entry of the window that a filter chooses; the bounds of the window are part of the question."""
    span = run.span
    when = f'timestamp>="{written(span.start)}" AND timestamp<"{written(span.end)}"'
    found = run.client.population(
        CALL, key="entries", resource_names=[run.client.parent], page_size=1000, filter=f"{what} AND {when}",
        order_by="timestamp asc",
    )
    for entry in found:
        at = instant(entry.get("timestamp"))
        if at is None or not span.start <= at < span.end:
            run.skip("outside of the window")
        else:
            yield entry


def event(entry: dict[str, Any]) -> LogEvent:
    """Return what an entry of an audit log says: who did what to which resource, from where, and how it ended."""
    said = entry.get("protoPayload") or {}
    who = said.get("authenticationInfo") or {}
    status = said.get("status") or {}
    return LogEvent(
        f"{entry['logName']}#{entry['timestamp']}#{entry['insertId']}",
        actor=who.get("principalEmail") or who.get("principalSubject"),
        action=said.get("methodName"),
        target=said.get("resourceName"),
        outcome="failure" if status.get("code") or _refused(entry) else "success",
        source_ip=(said.get("requestMetadata") or {}).get("callerIp"),
        occurred_at=instant(entry["timestamp"]),
    )


def _refused(entry: dict[str, Any]) -> bool:
    return str(entry["logName"]).endswith("%2Fpolicy")
