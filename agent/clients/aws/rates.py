"""How many calls a second AWS takes of one account in one region, where botocore alone would be refused.

From what AWS publishes of its quotas; a service without a row is left to botocore's adaptive mode.
"""

from __future__ import annotations

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


def rate(call: str) -> tuple[str, float] | None:
    """Return the bucket of a call with its rate, None where it is not bounded here."""
    service = call.partition(".")[0]
    return next(((key, RATES[key]) for key in (call, service) if key in RATES), None)
