"""Findings of Security Command Center."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.gcp import Gcp
from agent.collector import Api, Header, Record, Run
from agent.model import Finding
from collectors.gcp._times import instant

CALLS = {
    kind: f"securitycenter.{kind}.sources.findings.list" for kind in ("organizations", "folders", "projects")
}
ABSENT = {
    "SERVICE_DISABLED": "the Security Command Center API is off",
    "NOT_FOUND": "Security Command Center is not activated",
}
HEADER = Header(
    id="gcp.scc_findings",
    title="Findings of Security Command Center",
    kind="finding",
    population="Every active finding of Security Command Center below the parent of the scope, muted ones included.",
    provider="gcp",
    per="organization",
    calls=tuple(Api(call, ("securitycenter.findings.list",), unavailable=ABSENT) for call in CALLS.values()),
    limits=(
        "Findings that are no longer active are not read.",
        "Which detectors run depends on the tier that was bought; what none of them looks for has no finding.",
        "`occurred_at` is when the finding was first made.",
    ),
)
SEVERITIES = {"CRITICAL": "critical", "HIGH": "high", "MEDIUM": "medium", "LOW": "low"}


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one finding per finding."""
    parent = run.client.parent
    found = run.client.population(
        CALLS[parent.partition("/")[0]], key="listFindingsResults", parent=f"{parent}/sources/-", pageSize=1000,
        filter='state="ACTIVE"',
    )
    for item in found:
        yield Record(_row(item["finding"]), item)


def _row(finding: dict[str, Any]) -> Finding:
    return Finding(
        f"//securitycenter.googleapis.com/{finding['name']}",
        resource=finding.get("resourceName"),
        title=finding.get("category"),
        severity=SEVERITIES.get(finding.get("severity", "")),
        state=_state(finding),
        source=finding.get("parentDisplayName") or finding.get("parent"),
        occurred_at=instant(finding.get("createTime")) or instant(finding.get("eventTime")),
    )


def _state(finding: dict[str, Any]) -> str:
    if finding.get("state") == "INACTIVE":
        return "resolved"
    return "suppressed" if finding.get("mute") == "MUTED" else "open"
