"""What Security Hub holds: its own controls that failed or passed, and what other products reported to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import Finding
from collectors.aws._times import instant

HEADER = Header(
    id="aws.securityhub_findings",
    title="Security Hub findings",
    kind="finding",
    population="Every finding that is active in Security Hub in this region: of its controls, passed or failed, and of "
    "other products.",
    provider="aws",
    per="region",
    calls=(
        Api(
            "securityhub.get_findings",
            ("securityhub:GetFindings",),
            unavailable={"InvalidAccessException": "Security Hub is not switched on in this region"},
        ),
    ),
    keeps="P90D",
    limits=(
        "Archived findings (the resource is gone, or the product withdrew it) are not read.",
        "`occurred_at` is when it was first observed: Security Hub does not tell since when a control fails again.",
        "In an aggregation region the findings of the linked regions are among them.",
    ),
)
SEVERITIES = ("critical", "high", "medium", "low", "informational")
WORKFLOW = {"NEW": "open", "NOTIFIED": "open", "RESOLVED": "resolved", "SUPPRESSED": "suppressed"}


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one finding per finding."""
    active = {"RecordState": [{"Value": "ACTIVE", "Comparison": "EQUALS"}]}
    for item in run.client.population("securityhub.get_findings", key="Findings", Filters=active, MaxResults=100):
        yield Record(_row(item), item)


def _row(item: dict[str, Any]) -> Finding:
    label = str((item.get("Severity") or {}).get("Label", "")).lower()
    return Finding(
        item["Id"],
        resource=next((one["Id"] for one in item.get("Resources") or ()), None),
        title=item["Title"],
        severity=label if label in SEVERITIES else None,
        state=_state(item),
        source=item.get("ProductName") or item["ProductArn"],
        occurred_at=instant(item.get("FirstObservedAt")) or instant(item["CreatedAt"]),
    )


def _state(item: dict[str, Any]) -> str | None:
    """Return the state: a control that passed is resolved, whatever a person wrote beside it."""
    if (item.get("Compliance") or {}).get("Status") == "PASSED":
        return "resolved"
    return WORKFLOW.get((item.get("Workflow") or {}).get("Status", ""))
