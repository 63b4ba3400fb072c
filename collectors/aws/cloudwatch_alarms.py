"""Alarms of CloudWatch: whether they act, on whom, and whether anybody there is listening."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import Configuration
from collectors.aws._settings import setting

HEADER = Header(
    id="aws.cloudwatch_alarms",
    title="CloudWatch alarms",
    kind="configuration",
    population="Every alarm of the account in this region, on metrics, on logs and composed of others, each with its "
    "settings.",
    provider="aws",
    per="region",
    calls=(
        Api("cloudwatch.describe_alarms", ("cloudwatch:DescribeAlarms",)),
        Api(
            "sns.list_subscriptions_by_topic",
            ("sns:ListSubscriptionsByTopic",),
            answers={"NotFound": "the topic does not exist: nobody listens"},
        ),
    ),
    limits=(
        "`confirmed_subscribers` is of the alarm's topics in this account and region; without any there is no row.",
        "Rules of EventBridge, which alarm on events, are not among them.",
    ),
)

KINDS = ("MetricAlarm", "CompositeAlarm", "LogAlarm")


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one record per alarm and setting."""
    listening: dict[str, int | None] = {}
    ours = ["sns", run.region, run.boundary.id]
    for alarm in run.client.population("cloudwatch.describe_alarms", key=_alarms, AlarmTypes=list(KINDS)):
        for row in _rows(alarm):
            yield Record(row, alarm)
        topics = [one for one in alarm.get("AlarmActions") or () if one.split(":")[2:5] == ours]
        new = [one for one in topics if one not in listening]
        listening.update(run.client.each(new, lambda topic: _confirmed(run.client, topic), unread=None))
        counts = [listening[one] for one in topics]
        if counts and None not in counts:
            count = str(sum(one or 0 for one in counts))
            yield Record(setting(alarm["AlarmArn"], "confirmed_subscribers", count), alarm)


def _alarms(page: dict[str, Any]) -> list[dict[str, Any]]:
    return [alarm for kind in KINDS for alarm in page.get(f"{kind}s") or ()]


def _confirmed(client: Aws, topic: str) -> int:
    found = client.read("sns.list_subscriptions_by_topic", key="Subscriptions", TopicArn=topic)
    return sum(one["SubscriptionArn"].startswith("arn:") for one in found)


def _rows(alarm: dict[str, Any]) -> Iterator[Configuration]:
    arn = alarm["AlarmArn"]
    yield setting(arn, "actions_enabled", alarm.get("ActionsEnabled"))
    yield setting(arn, "alarm_actions", alarm.get("AlarmActions") or [])
    yield setting(arn, "state", alarm.get("StateValue"))
    yield setting(arn, "state_since", alarm.get("StateTransitionedTimestamp") or alarm.get("StateUpdatedTimestamp"))
