"""Key vaults, and the keys and secrets in them: their protection, renewal and end; never their values."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from agent.clients.azure import Azure, literal
from agent.collector import Api, Header, Record, Run
from collectors.azure._answers import GONE, UNREGISTERED
from collectors.azure._ids import group
from collectors.azure._settings import setting

VAULTS, KEYS, SECRETS = "keyvault.vaults.list_by_subscription", "keyvault.keys.list", "keyvault.secrets.list"
HEADER = Header(
    id="azure.keyvault_objects",
    title="Key vaults, keys and secrets",
    kind="configuration",
    population="Every setting of every key vault of the subscription and of every key and secret in it.",
    provider="azure",
    per="member",
    calls=(
        Api(VAULTS, ("Microsoft.KeyVault/vaults/read",), answers=UNREGISTERED),
        Api(KEYS, ("Microsoft.KeyVault/vaults/keys/read",), answers=GONE),
        Api(SECRETS, ("Microsoft.KeyVault/vaults/secrets/read",), answers=GONE),
    ),
    limits=(
        "Certificates are not listed here, the secret behind each is.",
        "`rotation_enabled` is told where Azure gives the rotation policy of a key with the list, else it is null.",
        "Managed HSMs are not read.",
    ),
)


def collect(run: Run[Azure]) -> Iterator[Record]:
    """Yield one record per vault, key or secret and setting."""

    def inside(vault: dict[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        where = {"resourceGroupName": group(vault["id"]), "vaultName": vault["name"]}
        return list(run.client.read(KEYS, **where)), list(run.client.read(SECRETS, **where))

    for vault, (keys, secrets) in run.client.each(run.client.population(VAULTS), inside, width=4):
        for name, value in _vault(vault.get("properties") or {}).items():
            yield Record(setting(vault["id"], name, value), vault)
        for call, items in ((KEYS, keys), (SECRETS, secrets)):
            for one in items:
                raw = [{"operation": VAULTS, "item": vault}, {"operation": call, "item": one}]
                for name, value in _object(one.get("properties") or {}, key=call == KEYS).items():
                    yield Record(setting(one["id"], name, value), raw)


def _vault(said: dict[str, Any]) -> dict[str, Any]:
    return {
        "purge_protection": bool(said.get("enablePurgeProtection")),
        "soft_delete_days": said.get("softDeleteRetentionInDays"),
        "rbac": bool(said.get("enableRbacAuthorization")),
        "public_network": said.get("publicNetworkAccess"),
        "network_default": (said.get("networkAcls") or {}).get("defaultAction"),
    }


def _object(said: dict[str, Any], *, key: bool) -> dict[str, Any]:
    attributes = said.get("attributes") or {}
    found = {
        "state": None if attributes.get("enabled") is None else "Enabled" if attributes["enabled"] else "Disabled",
        "expires_at": _instant(attributes.get("exp")),
        "created_at": _instant(attributes.get("created")),
    }
    if not key:
        return {**found, "usage": "secret"}
    rotation = said.get("rotationPolicy")
    return {
        **found,
        "usage": "key",
        "key_spec": " ".join(str(one) for one in (said.get("kty"), said.get("keySize")) if one) or None,
        "rotation_enabled": None if rotation is None else _rotates(rotation),
    }


def _rotates(policy: dict[str, Any]) -> bool:
    actions = [str((one.get("action") or {}).get("type")).lower() for one in policy.get("lifetimeActions") or ()]
    return "rotate" in actions


def _instant(seconds: int | None) -> str | None:
    return None if seconds is None else literal(datetime.fromtimestamp(seconds, UTC))
