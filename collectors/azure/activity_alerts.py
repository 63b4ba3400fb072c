"""Alert rules of Azure Monitor: whether they are on, and whether anybody is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from agent.clients.azure import Azure
from agent.collector import Api, Header, Record, Run
from agent.model import Configuration
from collectors.azure._answers import UNREGISTERED
from collectors.azure._ids import plain
from collectors.azure._settings import setting

GROUPS = "monitor.action_groups.list_by_subscription_id"
RULES = {
    "monitor.activity_log_alerts.list_by_subscription_id": "Microsoft.Insights/activityLogAlerts/read",
    "monitor.metric_alerts.list_by_subscription": "Microsoft.Insights/metricAlerts/read",
    "monitor.scheduled_query_rules.list_by_subscription": "Microsoft.Insights/scheduledQueryRules/read",
}
HEADER = Header(
    id="azure.activity_alerts",
    title="Alert rules",
    kind="configuration",
    population="Every alert rule of Azure Monitor of the subscription: on the activity log, on metrics, on queries.",
    provider="azure",
    per="member",
    calls=(
        *(Api(call, (permission,), answers=UNREGISTERED) for call, permission in RULES.items()),
        Api(GROUPS, ("Microsoft.Insights/actionGroups/read",), answers=UNREGISTERED),
    ),
    limits=(
        "`confirmed_subscribers` counts the receivers in action groups of this subscription; without one is no row.",
        "A receiver that Azure does not say is off or has not agreed counts as one that hears.",
        "Rules of Defender, Sentinel and Service Health are not among them unless they are such rules.",
    ),
)
RECEIVERS = (
    "emailReceivers", "smsReceivers", "voiceReceivers", "webhookReceivers", "itsmReceivers", "azureAppPushReceivers",
    "automationRunbookReceivers", "logicAppReceivers", "azureFunctionReceivers", "armRoleReceivers",
    "eventHubReceivers",
)


def collect(run: Run[Azure]) -> Iterator[Record]:
    """Yield one record per rule and setting."""
    heard = {plain(one["id"]): _receivers(one.get("properties") or {}) for one in run.client.read(GROUPS)}
    for call in RULES:
        for rule in run.client.population(call):
            for row in _rows(rule, heard):
                yield Record(row, rule)


def _receivers(said: dict[str, Any]) -> int:
    """Return how many are told by an action group: none where it is off, nobody who has not agreed."""
    if said.get("enabled") is False:
        return 0
    told = [one for name in RECEIVERS for one in said.get(name) or ()]
    return sum(one.get("status") not in ("NotSpecified", "Disabled") for one in told)


def _rows(rule: dict[str, Any], heard: Mapping[str, int]) -> Iterator[Configuration]:
    said = rule.get("properties") or {}
    groups = [plain(one) for one in _groups(said.get("actions")) if one]
    place = rule["id"]
    yield setting(place, "enabled", said.get("enabled"))
    yield setting(place, "actions_enabled", bool(said.get("enabled")) and bool(groups))
    yield setting(place, "alarm_actions", sorted(groups))
    counts = [heard[one] for one in groups if one in heard]
    if counts:
        yield setting(place, "confirmed_subscribers", str(sum(counts)))


def _groups(actions: Any) -> list[str]:
    """Return the ids of the action groups of a rule; each sort of rule writes them in its own way."""
    if isinstance(actions, dict):
        listed = actions.get("actionGroups") or ()
        return [one if isinstance(one, str) else one.get("actionGroupId", "") for one in listed]
    return [one.get("actionGroupId", "") for one in actions or ()]
