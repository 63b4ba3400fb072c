"""What was done at the tenant itself, above every subscription: above all, who took hold of all of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from agent.clients.azure import Azure
from agent.collector import Api, Header, Record, Run, Windows
from collectors.azure._windows import within
from collectors.azure.activity_log import row

CALL = "monitor.tenant_activity_logs.list"
HEADER = Header(
    id="azure.tenant_activity_log",
    title="Activity log of the tenant",
    kind="log_event",
    population="Every event of the window in the activity log of the tenant itself; no subscription tells of them.",
    provider="azure",
    per="organization",
    calls=(Api(CALL, ("Microsoft.Insights/eventtypes/values/read",)),),
    windows=Windows(settle=timedelta(minutes=30), longest=timedelta(days=15), reach=timedelta(days=89)),
    keeps="P90D",
    limits=(
        "No custom role reaches the tenant: it takes the role Reader, assigned at /providers/Microsoft.Insights.",
        "What is done at a management group is in the log of that group, and not read.",
        "The log is the tenant's, also where the scope names only some of its subscriptions.",
        "One operation has several events: when it began, and how it ended.",
    ),
)


def collect(run: Run[Azure]) -> Iterator[Record]:
    """Yield one event each."""
    for event, at in within(run, CALL, "eventTimestamp"):
        yield Record(row(event, at), event)
