"""How many calls a second AWS takes of one account in one region, where botocore alone would be refused.

From what AWS publishes of its quotas; a service without a row is left to botocore's adaptive mode.
"""

from __future__ import annotations

from agent.clients.throttle import Limit, Pacing

RATES: dict[str, float] = {
    "cloudtrail": 10,
    "cloudtrail.lookup_events": 2,
    "dynamodb.describe_continuous_backups": 10,
    "iam.generate_credential_report": 1,
    "logs.describe_log_groups": 10,
    "logs.describe_log_streams": 25,
    "logs.filter_log_events": 5,
    "organizations": 10,
    "resource-explorer-2": 5,
    "resourcegroupstaggingapi": 15,
    "securityhub.get_findings": 3,
    "sso-admin": 20,
}
"""Calls a second by `service` or `service.operation`; the operation's own row wins."""


OTHER = Limit(20, 20)
"""Of a service without a row, from its first refusal on; until then botocore's adaptive mode is enough."""


class Throttle(Pacing):
    """The families of one account, by region: whichever scope or task reads it."""

    def turn(self, region: str, call: str) -> float:
        """Reserve the next call, and return how long to wait before making it."""
        name, limit = family(region, call)
        return self.take(name, limit) if limit is not OTHER or name in self.refused else 0.0

    def refuse(self, region: str, call: str, after: float | None, attempt: int) -> float:
        """Learn from a refusal, and return the pause."""
        return self.slow(*family(region, call), after, attempt)

    def answer(self, region: str, call: str) -> None:
        """Let the rate of a family grow back."""
        name, limit = family(region, call)
        if name in self.refused:
            self.learn(name, limit, near=False)


def family(region: str, call: str) -> tuple[str, Limit]:
    """Return the family of a call in a region and its limit: the operation's own row, else the service's."""
    service = call.partition(".")[0]
    name = call if call in RATES else service
    rate = RATES.get(name)
    return f"{region} {name}", Limit(rate, max(rate, 1.0)) if rate else OTHER
