"""Alerts of Cloud Monitoring and metrics on logs: whether they act, and whether anybody is listening."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.gcp import Gcp
from agent.collector import Api, Header, Record, Run
from collectors.gcp._settings import setting

CHANNELS = "monitoring.projects.notificationChannels.list"
POLICIES = "monitoring.projects.alertPolicies.list"
METRICS = "logging.list_log_metrics"
OFF = {"SERVICE_DISABLED": "Cloud Monitoring is switched off in the project: it has no alerts"}
HEADER = Header(
    id="gcp.log_metrics_alerts",
    title="Alerts, and metrics on logs",
    kind="configuration",
    population="Every setting of every alert policy of Cloud Monitoring and of every metric on logs of the project.",
    provider="gcp",
    per="member",
    calls=(
        Api(CHANNELS, ("monitoring.notificationChannels.list",), answers=OFF),
        Api(POLICIES, ("monitoring.alertPolicies.list",), answers=OFF),
        Api(METRICS, ("logging.logMetrics.list",)),
    ),
    limits=(
        "`confirmed_subscribers` counts the channels of an alert that are switched on and not waiting to be verified.",
        "A channel tells where a message goes, not whether somebody reads it there.",
        "`alerted` says whether an alert in force of the same project is made of the metric.",
        "Uptime checks are not read.",
    ),
)
USER = "logging.googleapis.com/user/"


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one record per alert and setting, then per metric and setting."""
    parent, alerted = run.client.parent, set[str]()
    found = run.client.read(CHANNELS, key="notificationChannels", name=parent, pageSize=1000)
    listening = {one["name"] for one in found if one.get("enabled", True) and _verified(one)}
    for policy in run.client.population(POLICIES, key="alertPolicies", name=parent, pageSize=1000):
        if policy.get("enabled", True):
            alerted |= set(_metrics(policy))
        for name, value in _alert(policy, listening).items():
            yield Record(setting(f"//monitoring.googleapis.com/{policy['name']}", name, value), policy)
    for metric in run.client.population(METRICS, key="metrics", parent=parent, page_size=1000):
        for name, value in _metric(metric, alerted).items():
            yield Record(setting(f"//logging.googleapis.com/{parent}/metrics/{metric['name']}", name, value), metric)


def _verified(channel: dict[str, Any]) -> bool:
    return channel.get("verificationStatus") != "UNVERIFIED"


def _alert(policy: dict[str, Any], listening: set[str]) -> dict[str, Any]:
    channels = policy.get("notificationChannels") or []
    return {
        "name": policy.get("displayName"),
        "actions_enabled": policy.get("enabled"),
        "alarm_actions": channels,
        "confirmed_subscribers": len(listening.intersection(channels)),
        "severity": policy.get("severity"),
    }


def _metric(metric: dict[str, Any], alerted: set[str]) -> dict[str, Any]:
    return {
        "filter": metric.get("filter"), "metric_enabled": not metric.get("disabled", False),
        "alerted": metric["name"] in alerted,
    }


def _metrics(policy: dict[str, Any]) -> Iterator[str]:
    """Yield the names of the metrics on logs that the conditions of an alert speak of."""
    for condition in policy.get("conditions") or ():
        text = str(condition)
        for piece in text.split(USER)[1:]:
            yield piece.split('"')[0].split("'")[0].split("\\")[0].split("`")[0].strip()
