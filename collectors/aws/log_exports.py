"""Where the events of log groups are sent on to, and who else may write into CloudWatch Logs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from collectors.aws._arn import arn
from collectors.aws._policy import listed, statements_of
from collectors.aws._settings import setting

HEADER = Header(
    id="aws.log_exports",
    title="Subscriptions and resource policies of CloudWatch Logs",
    kind="configuration",
    population="Every log group of the account in this region with its subscription filters, and every resource policy "
    "of CloudWatch Logs.",
    provider="aws",
    per="region",
    calls=(
        Api("logs.describe_log_groups", ("logs:DescribeLogGroups",)),
        Api(
            "logs.describe_subscription_filters",
            ("logs:DescribeSubscriptionFilters",),
            answers={"ResourceNotFoundException": "the log group was deleted while it was read"},
        ),
        Api("logs.describe_resource_policies", ("logs:DescribeResourcePolicies",)),
    ),
    cadence="P1W",
    limits=(
        "Exports to S3 that somebody starts by hand are not among them.",
        "`open_to_all` looks at the principal and at whether there is a condition, not at what the condition says.",
        "Subscription policies that apply to the whole account are not read.",
    ),
)


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one record per log group, one per subscription, and those of each resource policy."""

    def subscriptions(group: dict[str, Any]) -> list[dict[str, Any]]:
        call = "logs.describe_subscription_filters"
        return list(run.client.read(call, key="subscriptionFilters", logGroupName=group["logGroupName"]))

    groups = run.client.population("logs.describe_log_groups", key="logGroups")
    for group, found in run.client.each(groups, subscriptions, width=4):
        place = group.get("logGroupArn") or group["arn"].removesuffix(":*")
        raw = [{"operation": "logs.describe_log_groups", "item": group},
               {"operation": "logs.describe_subscription_filters", "item": found}]
        yield Record(setting(place, "subscriptions", len(found)), raw)
        for one in found:
            yield Record(setting(place, "subscription", one["destinationArn"], one["filterName"]), raw)
    for policy in run.client.population("logs.describe_resource_policies", key="resourcePolicies"):
        document = policy.get("policyDocument")
        place = arn(run, "logs", f"resource-policy:{policy['policyName']}")
        for name, value in (("policy", document), ("open_to_all", _open(document))):
            yield Record(setting(place, name, value), policy)


def _open(document: str | None) -> bool | None:
    """Return whether the policy lets anybody in without a condition; None of one that cannot be read."""
    try:
        policy = json.loads(document or "")
    except ValueError:
        return None
    return isinstance(policy, dict) and any(
        one.get("Effect") == "Allow" and not one.get("Condition") and _anybody(one.get("Principal"))
        for one in statements_of(policy)
    )


def _anybody(principal: Any) -> bool:
    return principal == "*" or (isinstance(principal, dict) and "*" in listed(principal.get("AWS")))
