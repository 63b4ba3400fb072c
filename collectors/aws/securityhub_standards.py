"""Whether Security Hub is on in a region, and which standards it measures against: without one it finds nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from collectors.aws._arn import arn
from collectors.aws._settings import setting

OFF = {
    "InvalidAccessException": "Security Hub is not switched on in this region",
    "ResourceNotFoundException": "Security Hub is not switched on in this region",
}
CONTROLS = "securityhub.describe_standards_controls"
FINDINGS = "securityhub.get_findings"
NEWEST = [{"Field": "UpdatedAt", "SortOrder": "desc"}]
SEVERE = ("CRITICAL", "HIGH")
HEADER = Header(
    id="aws.securityhub_standards",
    title="Security Hub and its standards",
    kind="configuration",
    population="Security Hub of this region, on or not, and every standard that is enabled in it, with its state and "
    "which of its controls are switched off.",
    provider="aws",
    per="region",
    calls=(
        Api("securityhub.describe_hub", ("securityhub:DescribeHub",), answers=OFF),
        Api("securityhub.get_enabled_standards", ("securityhub:GetEnabledStandards",), answers=OFF),
        Api(CONTROLS, ("securityhub:DescribeStandardsControls",), answers=OFF),
        Api(FINDINGS, ("securityhub:GetFindings",), answers=OFF),
    ),
    limits=(
        "A standard whose controls may not be read comes without them; why a control is off is in the artifact.",
        "`last_checked_at` is when a finding of Security Hub's own was last renewed: it does so once a day at least.",
        "Which members report to an administrator's account is not read.",
        "With a central configuration the delegated administrator chooses the standards: its policies are not read.",
    ),
)


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield the state of each standard, then what the hub says of itself."""

    def controls(standard: dict[str, Any]) -> list[dict[str, Any]]:
        place = standard["StandardsSubscriptionArn"]
        return list(run.client.read(CONTROLS, key="Controls", StandardsSubscriptionArn=place, MaxResults=100))

    standards = []
    listed = run.client.population("securityhub.get_enabled_standards", key="StandardsSubscriptions", MaxResults=100)
    for one, found in run.client.each(listed, controls, unread=None):
        standards.append(one)
        yield from _standard(one, found)
    hub = run.client.ask("securityhub.describe_hub")
    told = {
        "enabled": hub is not None,
        "standards": len(standards),
        "standards_ready": sum(one["StandardsStatus"] == "READY" for one in standards),
        "auto_enable_controls": (hub or {}).get("AutoEnableControls"),
        "subscribed_at": (hub or {}).get("SubscribedAt"),
        "last_checked_at": _checked(run),
    }
    for name, value in told.items():
        yield Record(setting(arn(run, "securityhub", "hub/default"), name, value), hub or {})


def _checked(run: Run[Aws]) -> str | None:
    """Return when the newest finding was renewed that Security Hub made of this account in this region."""
    own = {"ProductName": "Security Hub", "RecordState": "ACTIVE"}
    own |= {"Region": run.region, "AwsAccountId": run.boundary.id}
    filters = {name: [{"Value": value, "Comparison": "EQUALS"}] for name, value in own.items()}
    answer = run.client.first(FINDINGS, Filters=filters, SortCriteria=NEWEST, MaxResults=1) or {}
    return next((one.get("UpdatedAt") for one in answer.get("Findings") or ()), None)


def _standard(standard: dict[str, Any], controls: list[dict[str, Any]] | None) -> Iterator[Record]:
    """Yield the state of a standard, then how many controls it has and which are off, where they were read."""
    place = standard["StandardsSubscriptionArn"]
    yield Record(setting(place, "standard_status", standard["StandardsStatus"]), standard)
    if controls is None:
        return
    off = [one for one in controls if one.get("ControlStatus") == "DISABLED"]
    told = {
        "controls": len(controls),
        "controls_off": sorted(one["ControlId"] for one in off),
        "severe_controls_off": sorted(one["ControlId"] for one in off if one.get("SeverityRating") in SEVERE),
    }
    for name, value in told.items():
        yield Record(setting(place, name, value), [{"operation": CONTROLS, "item": one} for one in off])
