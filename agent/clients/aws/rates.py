"""How many calls a second AWS takes of one account in one region, where botocore alone would be refused.

From the service quotas of each API; a service without a row is left to botocore's adaptive mode.
"""

from __future__ import annotations

RATES: dict[str, float] = {
    "accessanalyzer": 10,
    "backup": 10,
    "cloudtrail": 10,
    "cloudtrail.lookup_events": 2,
    "config": 10,
    "iam": 15,
    "iam.generate_credential_report": 1,
    "iam.generate_service_last_accessed_details": 10,
    "identitystore": 15,
    "inspector2.list_findings": 5,
    "kms": 50,
    "logs": 10,
    "logs.describe_log_groups": 10,
    "logs.describe_log_streams": 10,
    "logs.filter_log_events": 10,
    "organizations": 4,
    "resource-explorer-2": 5,
    "resourcegroupstaggingapi": 15,
    "securityhub": 10,
    "securityhub.get_findings": 3,
    "ssm": 10,
    "sso-admin": 15,
    "sts": 50,
}
"""Calls a second by `service` or `service.operation`; the operation's own row wins."""


def rate(call: str) -> tuple[str, float] | None:
    """Return the bucket of a call with its rate, None where it is not bounded here."""
    service = call.partition(".")[0]
    return next(((key, RATES[key]) for key in (call, service) if key in RATES), None)
