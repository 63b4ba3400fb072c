"""Quotas of the account and how much of each is used, and groups of servers that could not grow."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from collectors.aws._settings import setting

QUOTAS = "service-quotas.list_service_quotas"
USAGE = "cloudwatch.get_metric_data"
GROUPS = "autoscaling.describe_auto_scaling_groups"
SCALING = "autoscaling.describe_scaling_activities"
SERVICES = (
    "autoscaling", "cloudformation", "dynamodb", "ebs", "ec2", "ecs", "eks", "elasticfilesystem",
    "elasticloadbalancing", "kms", "lambda", "logs", "monitoring", "rds", "secretsmanager", "sns", "sqs", "vpc",
)
"""Services that production stands on, as Service Quotas spells them."""
HEADER = Header(
    id="aws.capacity",
    title="Quotas, their use, and scaling",
    kind="configuration",
    population="Every quota that applies to the account in this region of the services that production stands on, with "
    "its use where AWS measures it, and every auto scaling group with its bounds and its last scaling.",
    provider="aws",
    per="region",
    calls=(
        Api(QUOTAS, ("servicequotas:ListServiceQuotas",),
            answers={"NoSuchResourceException": "the service has no quotas in this region"}),
        Api(USAGE, ("cloudwatch:GetMetricData",)),
        Api(GROUPS, ("autoscaling:DescribeAutoScalingGroups",)),
        Api(SCALING, ("autoscaling:DescribeScalingActivities",)),
    ),
    cadence="P1W",
    limits=(
        f"Quotas are read of these services: {', '.join(SERVICES)}.",
        "`usage_percent` is the most of the last day; only quotas on a number of things have it, rates do not.",
        "`last_scaling` is null where a group was not scaled within six weeks.",
        "Capacity of databases, disks and streams is watched by alarms: see aws.cloudwatch_alarms.",
    ),
)
DAY = timedelta(days=1)


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one record per quota and setting, then per group and setting."""
    for service in SERVICES:
        pages = run.client.population(
            QUOTAS, key=lambda page: [page["Quotas"]] if page.get("Quotas") else [], ServiceCode=service,
            MaxResults=100,
        )
        for quotas, used in run.client.each(pages, lambda quotas: _used(run, quotas), width=2):
            for number, quota in enumerate(quotas):
                yield from _quota(quota, used.get(f"q{number}"))
    groups = run.client.population(GROUPS, key="AutoScalingGroups", MaxRecords=100)
    for group, activity in run.client.each(groups, lambda group: _last(run, group)):
        raw = [{"operation": GROUPS, "item": group}, {"operation": SCALING, "item": activity}]
        settings = {
            "max_size": group.get("MaxSize"),
            "desired": group.get("DesiredCapacity"),
            "last_scaling": activity.get("StatusCode"),
        }
        for name, value in settings.items():
            yield Record(setting(group["AutoScalingGroupARN"], name, value), raw)


def _quota(quota: dict[str, Any], used: float | None) -> Iterator[Record]:
    """Yield a quota; the percentage is rounded to one place, and absent from what is not measured."""
    context = (quota.get("QuotaContext") or {}).get("ContextId")
    place = quota["QuotaArn"] + (f"/{context}" if context else "")
    raw = [{"operation": QUOTAS, "item": quota}, {"operation": USAGE, "item": used}]
    value = quota.get("Value")
    yield Record(setting(place, "name", quota.get("QuotaName")), raw)
    yield Record(setting(place, "quota", value), raw)
    if used is not None and value:
        yield Record(setting(place, "usage_percent", round(100 * used / value, 1)), raw)


def _used(run: Run[Aws], quotas: list[dict[str, Any]]) -> dict[str, float]:
    """Return the most that was used within the last day, by the quota's place in the page."""
    queries = [_query(f"q{number}", metric) for number, quota in enumerate(quotas)
               if (metric := quota.get("UsageMetric") or {}).get("MetricStatisticRecommendation") == "Maximum"]
    if not queries:
        return {}
    found = run.client.read(USAGE, key="MetricDataResults", MetricDataQueries=queries, StartTime=run.started - DAY,
                            EndTime=run.started)
    most: dict[str, float] = {}
    for one in found:
        for value in one.get("Values") or ():
            most[one["Id"]] = max(value, most.get(one["Id"], value))
    return most


def _query(name: str, metric: dict[str, Any]) -> dict[str, Any]:
    dimensions = [{"Name": k, "Value": v} for k, v in sorted((metric.get("MetricDimensions") or {}).items())]
    what = {"Namespace": metric["MetricNamespace"], "MetricName": metric["MetricName"], "Dimensions": dimensions}
    return {"Id": name, "MetricStat": {"Metric": what, "Period": 3600, "Stat": "Maximum"}}


def _last(run: Run[Aws], group: dict[str, Any]) -> dict[str, Any]:
    answer = run.client.first(SCALING, AutoScalingGroupName=group["AutoScalingGroupName"], MaxRecords=1)
    return next(iter((answer or {}).get("Activities") or ()), {})
