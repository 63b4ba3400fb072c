"""Records of incidents: those of Incident Manager and the operational items of OpsCenter, open or ended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import Finding
from collectors.aws._arn import arn

SETS = "ssm-incidents.list_replication_sets"
INCIDENTS = "ssm-incidents.list_incident_records"
ITEMS = "ssm.describe_ops_items"
HEADER = Header(
    id="aws.incident_records",
    title="Records of incidents",
    kind="finding",
    population="Every incident of Incident Manager, and every operational item of OpsCenter that is no request for a "
    "change, in this region, open or ended.",
    provider="aws",
    per="region",
    calls=(
        Api(SETS, ("ssm-incidents:ListReplicationSets",)),
        Api(INCIDENTS, ("ssm-incidents:ListIncidentRecords",)),
        Api(ITEMS, ("ssm:DescribeOpsItems",)),
    ),
    cadence="P1D",
    limits=(
        "Where Incident Manager was never set up there are no incidents of it, and it is not asked for any.",
        "An incident of Incident Manager may have an item of OpsCenter as well: both are recorded.",
        "Incidents kept elsewhere (a ticket system, cases of AWS Support or Security Incident Response) are left out.",
        "What was done when, and whether an incident was looked into afterwards, is not read.",
        "When an item ended, OpsCenter does not tell: only when it was changed last, which is in the artifact.",
    ),
)
SEVERITY = {"1": "critical", "2": "high", "3": "medium", "4": "low", "5": "informational"}
ENDED = ("Resolved", "Closed", "Cancelled", "CompletedWithSuccess", "CompletedWithFailure")
CHANGE = "/aws/changerequest"


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one finding per incident and per operational item."""
    if list(run.client.read(SETS, key="replicationSetArns", maxResults=100)):
        for one in run.client.population(INCIDENTS, key="incidentRecordSummaries", maxResults=100):
            yield Record(_incident(one), one)
    for one in run.client.population(ITEMS, key="OpsItemSummaries", MaxResults=50):
        if one.get("OpsItemType") == CHANGE:
            run.skip("a request for a change")
        else:
            yield Record(_item(run, one), one)


def _incident(one: dict[str, Any]) -> Finding:
    source = one.get("incidentRecordSource") or {}
    return Finding(
        one["arn"],
        resource=source.get("resourceArn"),
        title=one.get("title"),
        severity=SEVERITY.get(str(one.get("impact"))),
        state={"OPEN": "open", "RESOLVED": "resolved"}.get(one.get("status", "")),
        source="incident manager",
        occurred_at=one.get("creationTime"),
    )


def _item(run: Run[Aws], one: dict[str, Any]) -> Finding:
    status = one.get("Status")
    return Finding(
        arn(run, "ssm", f"opsitem/{one['OpsItemId']}"),
        title=one.get("Title"),
        severity=SEVERITY.get(str(one.get("Severity"))),
        state=None if status is None else "resolved" if status in ENDED else "open",
        source=one.get("Source"),
        occurred_at=one.get("CreatedTime"),
    )
