"""ARNs of what AWS names without one."""

from __future__ import annotations

from agent.clients.aws import Aws
from agent.collector import Run


def partition(region: str) -> str:
    """Return the partition of a region: `aws`, `aws-cn`, `aws-us-gov`."""
    return next((f"aws-{prefix}" for prefix in ("cn", "us-gov") if region.startswith(f"{prefix}-")), "aws")


def arn(run: Run[Aws], service: str, resource: str, *, region: str = "", account: str | None = None) -> str:
    """Return the ARN of a resource of this run's account and region, unless others are given."""
    where = region or run.region
    who = run.boundary.id if account is None else account
    return f"arn:{partition(where)}:{service}:{where}:{who}:{resource}"
