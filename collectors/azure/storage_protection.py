"""Storage accounts: who outside may read them, and what protects their blobs from loss."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.azure import Azure
from agent.collector import Api, Header, Record, Run
from collectors.azure._answers import GONE, UNREGISTERED
from collectors.azure._ids import group
from collectors.azure._settings import setting

ACCOUNTS, SERVICE = "storage.storage_accounts.list", "storage.blob_services.get_service_properties"
HEADER = Header(
    id="azure.storage_protection",
    title="Storage accounts",
    kind="configuration",
    population="Every setting of exposure, encryption, versions and retention of every storage account.",
    provider="azure",
    per="member",
    calls=(
        Api(ACCOUNTS, ("Microsoft.Storage/storageAccounts/read",), answers=UNREGISTERED),
        Api(SERVICE, ("Microsoft.Storage/storageAccounts/blobServices/read",), answers=GONE | {
            "FeatureNotSupportedForAccount": "an account for files alone has no blobs",
        }),
    ),
    limits=(
        "Which containers are public is not read: where `public_access` is false none can be.",
        "`immutability` is of the account; a policy of a single container is not read.",
        "Azure encrypts every account: `encryption_key` tells whose key it is.",
    ),
)


def collect(run: Run[Azure]) -> Iterator[Record]:
    """Yield one record per account and setting."""

    def service(account: dict[str, Any]) -> dict[str, Any] | None:
        return run.client.ask(SERVICE, resourceGroupName=group(account["id"]), accountName=account["name"])

    for account, blobs in run.client.each(run.client.population(ACCOUNTS), service):
        raw = [{"operation": ACCOUNTS, "item": account}, {"operation": SERVICE, "item": blobs}]
        settings = {**_exposure(account), **(_protection(blobs) if blobs else {})}
        for name, value in settings.items():
            yield Record(setting(account["id"], name, value), raw)


def _exposure(account: dict[str, Any]) -> dict[str, Any]:
    said = account.get("properties") or {}
    rules = said.get("networkAcls") or {}
    immutable = said.get("immutableStorageWithVersioning") or {}
    return {
        "public_access": said.get("allowBlobPublicAccess"),
        "public_network": said.get("publicNetworkAccess"),
        "network_default": rules.get("defaultAction"),
        "https_only": said.get("supportsHttpsTrafficOnly"),
        "minimum_tls": said.get("minimumTlsVersion"),
        "shared_key": said.get("allowSharedKeyAccess"),
        "encryption_key": (said.get("encryption") or {}).get("keySource"),
        "infrastructure_encryption": (said.get("encryption") or {}).get("requireInfrastructureEncryption"),
        "immutability": (immutable.get("immutabilityPolicy") or {}).get("state") if immutable.get("enabled") else None,
        "replication": (account.get("sku") or {}).get("name"),
    }


def _protection(blobs: dict[str, Any]) -> dict[str, Any]:
    said = blobs.get("properties") or {}
    return {
        "versioning": "Enabled" if said.get("isVersioningEnabled") else None,
        "soft_delete_days": _days(said.get("deleteRetentionPolicy")),
        "container_soft_delete_days": _days(said.get("containerDeleteRetentionPolicy")),
        "change_feed": bool((said.get("changeFeed") or {}).get("enabled")),
    }


def _days(policy: dict[str, Any] | None) -> int | None:
    return (policy or {}).get("days") if (policy or {}).get("enabled") else None
