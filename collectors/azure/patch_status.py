"""Whether machines have their patches, as Azure Update Manager last assessed them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.azure import GRAPH, Azure, moment
from agent.collector import Api, Header, Record, Run
from agent.model import Finding

HEADER = Header(
    id="azure.patch_status",
    title="Patches of machines",
    kind="finding",
    population="Every virtual machine and every Arc machine of the subscription, with its last assessment if any.",
    provider="azure",
    per="member",
    calls=(
        Api(GRAPH, (
            "Microsoft.ResourceGraph/resources/read", "Microsoft.Compute/virtualMachines/read",
            "Microsoft.HybridCompute/machines/read",
        )),
    ),
    keeps="P7D",
    limits=(
        "Azure keeps an assessment for 7 days: of a machine not assessed since, severity, state and time are null.",
        "Severity is of the worst that is lacking: critical patches, security patches (high), any other (medium).",
        "`occurred_at` is the end of the assessment: how long a patch has been lacking is not told.",
        "Machines of scale sets and of clusters are not among them.",
    ),
)
QUERY = """resources
| where type in~ ('microsoft.compute/virtualmachines', 'microsoft.hybridcompute/machines')
| project id, name, type, machine = tolower(id)
| join kind=leftouter (patchassessmentresources
    | where type in~ ('microsoft.compute/virtualmachines/patchassessmentresults',
        'microsoft.hybridcompute/machines/patchassessmentresults')
    | project machine = tostring(split(tolower(id), '/patchassessmentresults')[0]),
        status = tostring(properties.status), counts = properties.availablePatchCountByClassification,
        reboot = tobool(properties.rebootPending),
        at = tostring(properties.lastModifiedDateTime)) on machine
| project id, name, type, status, counts, reboot, at
| order by id asc"""


def collect(run: Run[Azure]) -> Iterator[Record]:
    """Yield one finding per machine."""
    for item in run.client.population(GRAPH, query=QUERY):
        yield Record(_row(item), item)


def _row(item: dict[str, Any]) -> Finding:
    counts = item.get("counts")
    if counts is None:
        return Finding(item["id"], resource=item["id"], title="not assessed for patches", source="update manager")
    missing = {str(name).lower(): int(count or 0) for name, count in counts.items()}
    severity = _severity(missing)
    return Finding(
        item["id"],
        resource=item["id"],
        title=f"{sum(missing.values())} patches missing",
        severity=severity or "informational",
        state="open" if severity else "resolved",
        source="update manager",
        occurred_at=moment(item.get("at")),
    )


def _severity(missing: dict[str, int]) -> str | None:
    """Return how bad the worst is that is lacking; None where nothing is."""
    if missing.get("critical"):
        return "critical"
    if missing.get("security"):
        return "high"
    return "medium" if any(missing.values()) else None
