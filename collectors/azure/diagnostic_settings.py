"""Where the subscription and its resources send their logs, and which of them send none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.azure import GRAPH, Azure
from agent.collector import Api, Header, Record, Run
from agent.model import LogSource
from collectors.azure._answers import GONE
from collectors.azure._ids import name

CALL = "monitor.diagnostic_settings.list"
TYPES = (
    "microsoft.keyvault/vaults", "microsoft.keyvault/managedhsms", "microsoft.sql/servers/databases",
    "microsoft.sql/managedinstances", "microsoft.dbforpostgresql/flexibleservers",
    "microsoft.dbformysql/flexibleservers", "microsoft.documentdb/databaseaccounts",
    "microsoft.network/applicationgateways", "microsoft.network/azurefirewalls", "microsoft.network/frontdoors",
    "microsoft.cdn/profiles", "microsoft.network/networksecuritygroups", "microsoft.network/bastionhosts",
    "microsoft.network/virtualnetworkgateways", "microsoft.containerservice/managedclusters",
    "microsoft.containerregistry/registries", "microsoft.web/sites", "microsoft.apimanagement/service",
    "microsoft.recoveryservices/vaults", "microsoft.dataprotection/backupvaults",
    "microsoft.operationalinsights/workspaces", "microsoft.eventhub/namespaces", "microsoft.servicebus/namespaces",
    "microsoft.logic/workflows", "microsoft.automation/automationaccounts", "microsoft.cognitiveservices/accounts",
    "microsoft.machinelearningservices/workspaces", "microsoft.databricks/workspaces", "microsoft.synapse/workspaces",
)
"""Types of resources whose logs tell who did what; what they keep nobody else writes down."""
HEADER = Header(
    id="azure.diagnostic_settings",
    title="Diagnostic settings",
    kind="log_source",
    population=(
        "Every diagnostic setting of the subscription and of its resources that write audit logs, and one record "
        "for each of them that has none."
    ),
    provider="azure",
    per="member",
    calls=(
        Api(GRAPH, ("*/read",)),
        Api(CALL, ("Microsoft.Insights/diagnosticSettings/read",), answers=GONE | {
            "ResourceTypeNotSupported": "the type of resource has no diagnostic settings",
        }),
    ),
    limits=(
        "Types of resources that write no audit logs are not asked; nor are the blob and file services of storage.",
        "`covers` names the categories that are switched on; which of them a resource could have is not read.",
        "Whether the destination exists and what arrives there is in azure.log_delivery.",
    ),
)
QUERY = "resources\n| where type in~ ({types})\n| project id, name, type\n| order by id asc"


def collect(run: Run[Azure]) -> Iterator[Record]:
    """Yield one log source per setting, one for a place without any; the subscription comes first."""

    def ask(resource: dict[str, Any]) -> list[dict[str, Any]]:
        return list(run.client.read(CALL, resourceUri=resource["id"]))

    above = {"id": f"/subscriptions/{run.client.subscription}", "name": "activity log"}
    for resource, settings in run.client.each([above], ask):
        yield from _records(resource, settings)
    query = QUERY.format(types=", ".join(f"'{one}'" for one in TYPES))
    for resource, settings in run.client.each(run.client.population(GRAPH, query=query), ask):
        yield from _records(resource, settings)


def _records(resource: dict[str, Any], settings: list[dict[str, Any]]) -> Iterator[Record]:
    for one in settings:
        raw = [{"operation": GRAPH, "item": resource}, {"operation": CALL, "item": one}]
        yield Record(_row(resource, one), raw)
    if not settings:
        row = LogSource(f"{resource['id']}#none", name=resource.get("name"), enabled=False, covers=[])
        yield Record(row, [{"operation": GRAPH, "item": resource}, {"operation": CALL, "item": None}])


def _row(resource: dict[str, Any], one: dict[str, Any]) -> LogSource:
    said = one.get("properties") or {}
    covers = [_covered(log) for log in said.get("logs") or () if log.get("enabled")]
    to = said.get("workspaceId") or said.get("storageAccountId") or said.get("eventHubAuthorizationRuleId")
    return LogSource(
        one.get("id") or f"{resource['id']}/providers/Microsoft.Insights/diagnosticSettings/{one.get('name')}",
        name=f"{resource.get('name') or name(resource['id'])}: {one.get('name')}",
        enabled=bool(covers),
        covers=covers,
        destination=to or said.get("marketplacePartnerId"),
    )


def _covered(log: dict[str, Any]) -> str:
    return str(log.get("category") or f"group:{log.get('categoryGroup')}")
