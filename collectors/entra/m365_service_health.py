"""Trouble with the services of Microsoft 365 that Microsoft told the tenant of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.entra import Graph, moment
from agent.collector import Api, Header, Record, Run
from agent.model import Finding

CALL = "admin.service_announcement.issues"

HEADER = Header(
    id="entra.m365_service_health",
    title="Health of Microsoft 365",
    kind="finding",
    population="Every issue with a service of Microsoft 365 that Microsoft lists for the tenant.",
    provider="entra",
    per="boundary",
    calls=(Api(CALL, ("ServiceHealth.Read.All",)),),
    keeps="P30D",
    limits=("Microsoft lists the issues of the last months; an incident is `high` here, an advisory `low`.",),
)
LEVELS = {"incident": "high", "advisory": "low"}


def collect(run: Run[Graph]) -> Iterator[Record]:
    """Yield one finding per issue."""
    for issue in run.client.population(CALL, top=100):
        yield Record(_row(issue), issue)


def _row(issue: dict[str, Any]) -> Finding:
    resolved = issue.get("isResolved")
    return Finding(
        issue["id"],
        resource=issue.get("service"),
        title=issue.get("title"),
        severity=LEVELS.get(str(issue.get("classification")).lower()),
        state=None if resolved is None else "resolved" if resolved else "open",
        source="Microsoft 365 service health",
        occurred_at=moment(issue.get("startDateTime")),
    )
