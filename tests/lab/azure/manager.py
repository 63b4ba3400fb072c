"""The company's subscriptions as Azure Resource Manager tells them."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from datetime import datetime
from typing import Any

from tests.lab.azure.faults import Fault, error
from tests.lab.estate import Estate
from tests.lab.subscriptions import Done, Subscription, Thing
from tests.lab.told import Paged, Table, stamp

Params = dict[str, Any]
table = Table()
_WHEN = re.compile(r"(ge|le) '([^']+)'")


def here(estate: Estate, params: Params) -> Subscription:
    """Return the subscription that a call names."""
    return next(one for one in estate.subscriptions.all if one.id == params["subscriptionId"].lower())


@table.on("resource.subscriptions.list")
def _subscriptions(estate: Estate, params: Params) -> Paged:
    tenant = estate.directory.file["tenant"]
    return Paged("value", estate.subscriptions.all, params.get("top"), lambda one: {
        "id": one.path, "subscriptionId": one.id, "displayName": one.name, "state": "Enabled", "tenantId": tenant,
        "authorizationSource": "RoleBased", "managedByTenants": [],
        "subscriptionPolicies": {"locationPlacementId": "Public_2014-09-01", "quotaId": "PayAsYouGo_2014-09-01",
                                 "spendingLimit": "Off"},
        "tags": {"owner": one.owner, "environment": one.environment},
    })


@table.on("monitor.activity_logs.list", "monitor.tenant_activity_logs.list")
def _events(estate: Estate, params: Params) -> Paged | Fault:
    """Tell the events of a span, newest first: those of the subscription that is named, else of the tenant."""
    if "filter" not in params:
        return error("BadRequest", 400, "The $filter query parameter is required, with eventTimestamp at the least.")
    span = {sign: datetime.fromisoformat(text) for sign, text in _WHEN.findall(str(params.get("filter", "")))}
    every = estate.subscriptions.events
    first = bisect_left(every, span["ge"], key=lambda one: one.at)
    last = bisect_right(every, span["le"], key=lambda one: one.at)
    place = here(estate, params) if "subscriptionId" in params else None
    return Paged("value", [one for one in every[first:last] if one.subscription == place][::-1], 200, told_event)


def told_event(one: Done) -> dict[str, Any]:
    """Return an event of the activity log as Azure Monitor tells it."""
    word = "Failed" if one.failed else "Succeeded"
    return {
        "id": f"{one.resource}/events/{one.id}", "eventDataId": one.id, "correlationId": one.id,
        "eventTimestamp": stamp(one.at), "submissionTimestamp": stamp(one.at), "caller": one.caller, "level": "Informational",
        "operationName": {"value": one.operation, "localizedValue": one.operation},
        "category": {"value": "Administrative", "localizedValue": "Administrative"},
        "eventName": {"value": "EndRequest", "localizedValue": "End request"},
        "status": {"value": word, "localizedValue": word}, "resourceId": one.resource,
        "subscriptionId": one.subscription.id if one.subscription else "", "httpRequest": {"clientIpAddress": one.address, "method": "PUT"},
    }


@table.on("authorization.permissions.list")
def _held(estate: Estate, params: Params) -> Paged:
    """Tell what the agent's application may do: what the role Reader may."""
    return Paged("value", [{"actions": ["*/read"], "notActions": [], "dataActions": [], "notDataActions": []}], 100)


@table.on("monitor.diagnostic_settings.list")
def _settings(estate: Estate, params: Params) -> Paged:
    """Tell where logs go: those of a subscription to the archive, unless the file says that nobody set it."""
    place = str(params["resourceUri"]).strip("/").lower()
    above = next((one for one in estate.subscriptions.all if one.path.strip("/").lower() == place), None)
    off = {estate.subscriptions.named(name) for name in estate.subscriptions.file["without_export"]}
    names = ["to-archive"] if above not in off else []
    logs = [{"category": name, "enabled": True} for name in ("Administrative", "Security", "Policy", "Alert")]
    store = next(one for one in estate.subscriptions.things if one.type == "Microsoft.Storage/storageAccounts")
    return Paged("value", names, 100, lambda name: {
        "id": f"/{place}/providers/microsoft.insights/diagnosticSettings/{name}", "name": name,
        "type": "Microsoft.Insights/diagnosticSettings",
        "properties": {"storageAccountId": store.id, "metrics": [],
                       "logs": logs if above else [{"categoryGroup": "audit", "enabled": True}]},
    })


@table.on("storage.storage_accounts.list")
def _stores(estate: Estate, params: Params) -> Paged:
    def told(one: Thing) -> dict[str, Any]:
        open_ = bool(one.traits.get("public"))
        return {
            "id": one.id, "name": one.name, "type": one.type, "location": estate.subscriptions.file["location"],
            "kind": "StorageV2", "sku": {"name": "Standard_ZRS", "tier": "Standard"}, "tags": dict(one.tags),
            "properties": {
                "allowBlobPublicAccess": open_, "allowSharedKeyAccess": False, "minimumTlsVersion": "TLS1_2",
                "supportsHttpsTrafficOnly": True, "publicNetworkAccess": "Enabled" if open_ else "Disabled",
                "networkAcls": {"bypass": "AzureServices", "defaultAction": "Allow" if open_ else "Deny",
                                "ipRules": [], "virtualNetworkRules": []},
                "encryption": {"keySource": "Microsoft.Storage"}, "creationTime": stamp(one.created),
            },
        }

    return Paged("value", estate.subscriptions.of("storage", here(estate, params).id), 100, told)


@table.on("storage.blob_services.get_service_properties")
def _blobs(estate: Estate, params: Params) -> list[dict[str, Any]]:
    kept = {"enabled": True, "days": 14}
    name = "/".join(("/subscriptions", params["subscriptionId"], "resourceGroups", params["resourceGroupName"],
                     "providers/Microsoft.Storage/storageAccounts", params["accountName"], "blobServices/default"))
    return [{"id": name, "name": "default", "properties": {
        "isVersioningEnabled": True, "deleteRetentionPolicy": kept, "containerDeleteRetentionPolicy": kept,
        "changeFeed": {"enabled": False},
    }}]


@table.on("security.pricings.list")
def _plans(estate: Estate, params: Params) -> list[dict[str, Any]]:
    names = ("VirtualMachines", "StorageAccounts", "SqlServers", "KeyVaults", "Arm")
    scope = str(params["scopeId"]).strip("/")
    return [{"value": [
        {"id": f"/{scope}/providers/Microsoft.Security/pricings/{name}", "name": name, "type": "Microsoft.Security/pricings",
         "properties": {"pricingTier": "Standard", "freeTrialRemainingTime": "PT0S"}} for name in names
    ]}]
