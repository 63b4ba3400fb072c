"""Rules of EventBridge: what happens on an event or by the clock, and whether anybody hears of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from collectors.aws._settings import setting
from collectors.aws._topics import LISTENING, Listeners

BUSES, RULES, TARGETS = "events.list_event_buses", "events.list_rules", "events.list_targets_by_rule"
GONE = {"ResourceNotFoundException": "it was deleted while it was read"}
HEADER = Header(
    id="aws.event_rules",
    title="Rules of EventBridge",
    kind="configuration",
    population="Every rule on every event bus of the account in this region, switched on or off, with what starts it, "
    "where it sends that, and whether anybody listens there.",
    provider="aws",
    per="region",
    calls=(
        Api(BUSES, ("events:ListEventBuses",)),
        Api(RULES, ("events:ListRules",), answers=GONE),
        Api(TARGETS, ("events:ListTargetsByRule",), answers=GONE),
        LISTENING,
    ),
    limits=(
        "`confirmed_subscribers` is of the targets that are topics of this account and region; without any is no row.",
        "Whether a function, a queue or a chat behind a rule does anything is not asked.",
        "Schedules of EventBridge Scheduler and pipes are not among them.",
        "A rule whose targets may not be read is left out, and the run is partial.",
    ),
)


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one record per rule and setting."""
    listeners = Listeners(run)

    def targets(rule: dict[str, Any]) -> list[dict[str, Any]]:
        found = run.client.read(TARGETS, key="Targets", Rule=rule["Name"], EventBusName=rule["EventBusName"], Limit=100)
        return list(found)

    for bus in run.client.read(BUSES, key="EventBuses", Limit=100):
        rules = run.client.population(RULES, key="Rules", EventBusName=bus["Name"], Limit=100)
        for rule, sent_to in run.client.each(rules, targets):
            raw = [{"operation": RULES, "item": rule}, {"operation": TARGETS, "item": sent_to}]
            for name, value in _settings(rule, sent_to).items():
                yield Record(setting(rule["Arn"], name, value), raw)
            count = listeners.of(one["Arn"] for one in sent_to)
            if count is not None:
                yield Record(setting(rule["Arn"], "confirmed_subscribers", count), raw)


def _settings(rule: dict[str, Any], targets: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "rule_state": rule.get("State"),
        "event_pattern": rule.get("EventPattern"),
        "schedule": rule.get("ScheduleExpression"),
        "managed_by": rule.get("ManagedBy"),
        "targets": sorted(one["Arn"] for one in targets),
    }
