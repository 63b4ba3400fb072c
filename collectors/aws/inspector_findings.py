"""What Inspector has found: vulnerable packages, code and open network paths, with what became of each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.errors import PartialError
from agent.model import Finding

HEADER = Header(
    id="aws.inspector_findings",
    title="Inspector findings",
    kind="finding",
    population="Every finding that Inspector still holds in this region: active, suppressed and closed ones.",
    provider="aws",
    per="region",
    calls=(
        Api("inspector2.batch_get_account_status", ("inspector2:BatchGetAccountStatus",)),
        Api("inspector2.list_findings", ("inspector2:ListFindings",)),
        Api("inspector2.list_coverage_statistics", ("inspector2:ListCoverageStatistics",)),
    ),
    keeps="P30D",
    limits=(
        "Where Inspector is off the run is partial: that nothing was found says nothing then.",
        "It finds only what it scans: aws.inspector_coverage has what it leaves out; a note of the run counts both.",
        "Results of CIS scans are not read.",
        "Closed findings are kept for 30 days.",
        "In the delegated administrator's account the findings of its members are among them.",
    ),
)
STATES = {"ACTIVE": "open", "SUPPRESSED": "suppressed", "CLOSED": "resolved"}


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one finding per finding; raises `PartialError` at the end where Inspector is off."""
    for item in run.client.population("inspector2.list_findings", key="findings", maxResults=100):
        yield Record(_row(item), item)
    scanned = run.client.read("inspector2.list_coverage_statistics", key="countsByGroup", groupBy="SCAN_STATUS_CODE")
    for group in scanned:
        run.note(f"Inspector counts {group['count']} resources whose scanning is {group['groupKey']}")
    accounts = run.client.read(
        "inspector2.batch_get_account_status", key="accounts", accountIds=[run.boundary.id],
    )
    states = {account["accountId"]: account for account in accounts}
    _judge(run, states.get(run.boundary.id))


def _judge(run: Run[Aws], account: dict[str, Any] | None) -> None:
    state = account["state"]["status"] if account else "unknown"
    if account is None or state != "ENABLED":
        raise PartialError(
            f"Inspector is {state} in {run.region}: it finds nothing there", advice="Enable Inspector in this region",
        )
    for kind, said in sorted(account["resourceState"].items()):
        run.note(f"Inspector's scanning of {kind} is {said['status']}")


def _row(item: dict[str, Any]) -> Finding:
    severity = item["severity"].lower()
    return Finding(
        item["findingArn"],
        resource=next((one["id"] for one in item.get("resources") or ()), None),
        title=item.get("title") or item["description"],
        severity=None if severity == "untriaged" else severity,
        state=STATES.get(item["status"]),
        source="inspector",
        occurred_at=item["firstObservedAt"],
    )
