"""Cloud Audit Logs: what was changed, what Google did by itself, and what was refused by policy."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from agent.clients.gcp import Gcp
from agent.collector import Api, Header, Record, Run, Windows
from agent.model import LogEvent
from collectors.gcp._times import instant, written

LOGS = ("activity", "system_event", "policy")
HEADER = Header(
    id="gcp.audit_logs",
    title="Cloud Audit Logs",
    kind="log_event",
    population="Every entry of the window in the logs of administrative activity, of system events and of policy "
    "refusals that the project, folder or organization itself holds.",
    provider="gcp",
    per="boundary",
    calls=(Api("logging.list_log_entries", ("logging.logEntries.list",)),),
    windows=Windows(settle=timedelta(hours=1), longest=timedelta(days=60), reach=timedelta(days=399)),
    keeps="P400D",
    limits=(
        "Data access logs (who read or wrote what) are not read: gcp.audit_log_config tells whether they are kept.",
        "Policy refusals are kept as long as the bucket _Default keeps them, 30 days unless somebody changed it.",
    ),
)


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one event per entry; the bounds of the window are part of the question."""
    span = run.span
    logs = " OR ".join(f'log_id("cloudaudit.googleapis.com/{name}")' for name in LOGS)
    when = f'timestamp>="{written(span.start)}" AND timestamp<"{written(span.end)}"'
    entries = run.client.population(
        "logging.list_log_entries", key="entries", resource_names=[run.client.parent], page_size=1000,
        filter=f"({logs}) AND {when}", order_by="timestamp asc",
    )
    for entry in entries:
        at = instant(entry.get("timestamp"))
        if at is None or not span.start <= at < span.end:
            run.skip("outside of the window")
        else:
            yield Record(_row(entry), entry)


def _row(entry: dict[str, Any]) -> LogEvent:
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
