"""Cloud Audit Logs: what was changed, what Google did by itself, and what was refused by policy."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from agent.clients.gcp import Gcp
from agent.collector import Api, Header, Record, Run, Windows
from collectors.gcp._entries import CALL, entries, event

LOGS = ("activity", "system_event", "policy")
HEADER = Header(
    id="gcp.audit_logs",
    title="Cloud Audit Logs",
    kind="log_event",
    population="Every entry of the window in the logs of administrative activity, of system events and of policy "
    "refusals that the project, folder or organization itself holds.",
    provider="gcp",
    per="boundary",
    calls=(Api(CALL, ("logging.logEntries.list",)),),
    windows=Windows(settle=timedelta(hours=1), longest=timedelta(days=60), reach=timedelta(days=399)),
    keeps="P400D",
    limits=(
        "Data access logs (who read or wrote what) are not among them: gcp.data_access_logs reads them, opt-in.",
        "Policy refusals are kept as long as the bucket _Default keeps them, 30 days unless somebody changed it.",
    ),
)


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one event per entry."""
    logs = " OR ".join(f'log_id("cloudaudit.googleapis.com/{name}")' for name in LOGS)
    for entry in entries(run, f"({logs})"):
        yield Record(event(entry), entry)
