"""Log groups of CloudWatch Logs: how long they keep what they hold, with which key, and what is watched for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import LogSource

HEADER = Header(
    id="aws.cloudwatch_log_groups",
    title="CloudWatch log groups",
    kind="log_source",
    population="Every log group of the account in this region.",
    provider="aws",
    per="region",
    calls=(
        Api("logs.describe_log_groups", ("logs:DescribeLogGroups",)),
        Api("logs.describe_metric_filters", ("logs:DescribeMetricFilters",)),
    ),
    limits=(
        "A log group without a retention keeps its events for ever: `retention_days` is null.",
        "`encrypted` means a KMS key of its own; without one CloudWatch Logs encrypts with a key that it holds.",
        "A log group has no switch, and `enabled` is null; aws.cloudwatch_logs_delivery says whether events arrive.",
        "Subscriptions, which send its events on, are in aws.log_exports.",
    ),
)


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one log source per log group."""
    filters: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for one in run.client.read("logs.describe_metric_filters", key="metricFilters"):
        filters[one["logGroupName"]].append(one)
    for group in run.client.population("logs.describe_log_groups", key="logGroups"):
        found = filters.get(group["logGroupName"], [])
        raw = [
            {"operation": "logs.describe_log_groups", "item": group},
            *({"operation": "logs.describe_metric_filters", "item": one} for one in found),
        ]
        yield Record(_row(group, found), raw)


def _row(group: dict[str, Any], filters: list[dict[str, Any]]) -> LogSource:
    return LogSource(
        group.get("logGroupArn") or group["arn"].removesuffix(":*"),
        name=group["logGroupName"],
        covers=[f"metric filter:{one['filterName']}" for one in filters],
        encrypted=bool(group.get("kmsKeyId")),
        retention_days=group.get("retentionInDays"),
    )
