"""Alarms of CloudWatch: whether they act, on whom, and whether anybody there is listening."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import Configuration
from collectors.aws._settings import setting
from collectors.aws._topics import LISTENING, Listeners

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
        LISTENING,
    ),
    limits=(
        "`confirmed_subscribers` is of the alarm's topics in this account and region; without any there is no row.",
        "Rules of EventBridge, which alarm on events, are in aws.event_rules.",
    ),
)

KINDS = ("MetricAlarm", "CompositeAlarm", "LogAlarm")


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one record per alarm and setting."""
    listeners = Listeners(run)
    for alarm in run.client.population("cloudwatch.describe_alarms", key=_alarms, AlarmTypes=list(KINDS)):
        for row in _rows(alarm):
            yield Record(row, alarm)
        count = listeners.of(alarm.get("AlarmActions") or ())
        if count is not None:
            yield Record(setting(alarm["AlarmArn"], "confirmed_subscribers", count), alarm)


def _alarms(page: dict[str, Any]) -> list[dict[str, Any]]:
    return [alarm for kind in KINDS for alarm in page.get(f"{kind}s") or ()]


def _rows(alarm: dict[str, Any]) -> Iterator[Configuration]:
    arn = alarm["AlarmArn"]
    yield setting(arn, "actions_enabled", alarm.get("ActionsEnabled"))
    yield setting(arn, "alarm_actions", alarm.get("AlarmActions") or [])
    yield setting(arn, "state", alarm.get("StateValue"))
    yield setting(arn, "state_since", alarm.get("StateTransitionedTimestamp") or alarm.get("StateUpdatedTimestamp"))
