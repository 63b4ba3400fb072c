"""Analytics rules of Microsoft Sentinel: what is looked for in the logs, and which of it is switched off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.azure import GRAPH, Azure
from agent.collector import Api, Header, Record, Run
from collectors.azure._ids import group, name, part
from collectors.azure._settings import setting
from collectors.azure.sentinel_incidents import QUERY

RULES = "securityinsight.alert_rules.list"
HEADER = Header(
    id="azure.sentinel_rules",
    title="Analytics rules of Sentinel",
    kind="configuration",
    population="Every analytics rule in every workspace of the subscription on which Microsoft Sentinel is switched "
    "on, and each such workspace, with how many of its rules are on.",
    provider="azure",
    per="member",
    calls=(
        Api(GRAPH, ("Microsoft.ResourceGraph/resources/read", "Microsoft.OperationsManagement/solutions/read")),
        Api(RULES, ("Microsoft.SecurityInsights/alertRules/read",)),
    ),
    limits=(
        "A workspace counts as one with Sentinel where its solution is there.",
        "What a rule looks for is in the artifact, not in a column; whether it would find it is not known.",
        "Rules of Defender XDR that look into the same workspace are not among them.",
    ),
)


def collect(run: Run[Azure]) -> Iterator[Record]:
    """Yield one record per workspace and per rule and setting."""
    def rules(place: dict[str, Any]) -> list[dict[str, Any]]:
        where = place["workspace"]
        return list(run.client.read(
            RULES, subscriptionId=part(where, "subscriptions") or run.client.subscription,
            resourceGroupName=group(where), workspaceName=name(where),
        ))

    for place, found in run.client.each(run.client.population(GRAPH, query=QUERY), rules, width=4):
        on = [one for one in found if (one.get("properties") or {}).get("enabled")]
        yield Record(setting(place["workspace"], "rules_on", len(on)), place)
        for rule in found:
            raw = [{"operation": GRAPH, "item": place}, {"operation": RULES, "item": rule}]
            for key, value in _settings(rule).items():
                yield Record(setting(rule["id"], key, value), raw)


def _settings(rule: dict[str, Any]) -> dict[str, Any]:
    said = rule.get("properties") or {}
    return {
        "name": said.get("displayName"),
        "rule": rule.get("kind"),
        "enabled": said.get("enabled"),
        "severity": said.get("severity"),
        "changed_at": said.get("lastModifiedUtc"),
    }
