"""Whether Security Hub is on in a region, and which standards it measures against: without one it finds nothing."""

from __future__ import annotations

from collections.abc import Iterator

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from collectors.aws._arn import arn
from collectors.aws._settings import setting

OFF = {
    "InvalidAccessException": "Security Hub is not switched on in this region",
    "ResourceNotFoundException": "Security Hub is not switched on in this region",
}
HEADER = Header(
    id="aws.securityhub_standards",
    title="Security Hub and its standards",
    kind="configuration",
    population="Security Hub of this region, on or not, and every standard that is enabled in it, with its state.",
    provider="aws",
    per="region",
    calls=(
        Api("securityhub.describe_hub", ("securityhub:DescribeHub",), answers=OFF),
        Api("securityhub.get_enabled_standards", ("securityhub:GetEnabledStandards",), answers=OFF),
    ),
    limits=(
        "Which single controls of a standard are switched off is not read.",
        "Which members report to an administrator's account is not read.",
        "With a central configuration the delegated administrator chooses the standards: its policies are not read.",
    ),
)


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield the state of each standard, then what the hub says of itself."""
    standards = []
    for one in run.client.population("securityhub.get_enabled_standards", key="StandardsSubscriptions", MaxResults=100):
        standards.append(one)
        yield Record(setting(one["StandardsSubscriptionArn"], "standard_status", one["StandardsStatus"]), one)
    hub = run.client.ask("securityhub.describe_hub")
    told = {
        "enabled": hub is not None,
        "standards": len(standards),
        "standards_ready": sum(one["StandardsStatus"] == "READY" for one in standards),
        "auto_enable_controls": (hub or {}).get("AutoEnableControls"),
        "subscribed_at": (hub or {}).get("SubscribedAt"),
    }
    for name, value in told.items():
        yield Record(setting(arn(run, "securityhub", "hub/default"), name, value), hub or {})
