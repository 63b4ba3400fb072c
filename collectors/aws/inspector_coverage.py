"""What Inspector scans, and what it does not though it is there: a machine that nobody scans has no findings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from collectors.aws._arn import arn
from collectors.aws._settings import setting

HEADER = Header(
    id="aws.inspector_coverage",
    title="What Inspector scans",
    kind="configuration",
    population="Every machine, image, function and repository of this region that Inspector knows, with whether and "
    "when it was scanned, by each way of scanning; and whether Inspector is on here.",
    provider="aws",
    per="region",
    calls=(
        Api("inspector2.list_coverage", ("inspector2:ListCoverage",)),
        Api("inspector2.batch_get_account_status", ("inspector2:BatchGetAccountStatus",)),
    ),
    limits=(
        "Where a way of scanning is off, what it would scan is not listed: `scanning` says which are on.",
        "Inspector tells no reason of its own for what it was never asked to scan.",
        "In the delegated administrator's account what its members have is among it.",
    ),
)


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield the state of each resource and way of scanning, then that of Inspector itself."""
    for item in run.client.population("inspector2.list_coverage", key="coveredResources", maxResults=200):
        status = item.get("scanStatus") or {}
        told = {
            "scan_status": status.get("statusCode"), "scan_reason": status.get("reason"),
            "last_scanned_at": item.get("lastScannedAt"),
        }
        for name, value in told.items():
            yield Record(setting(item["resourceId"], name, value, item["scanType"]), item)
    accounts = {
        one["accountId"]: one
        for one in run.client.read(
            "inspector2.batch_get_account_status", key="accounts", accountIds=[run.boundary.id],
        )
    }
    yield from _own(run, accounts.get(run.boundary.id, {}))


def _own(run: Run[Aws], account: dict[str, Any]) -> Iterator[Record]:
    place = arn(run, "inspector2", "account")
    yield Record(setting(place, "status", account.get("state", {}).get("status")), account)
    for kind, said in sorted(account.get("resourceState", {}).items()):
        yield Record(setting(place, "scanning", said["status"], kind), account)
