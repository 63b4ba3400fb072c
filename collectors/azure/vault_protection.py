"""Vaults of Azure Backup: whether they can be emptied, where their copies are, and how long policies keep them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from agent.clients.azure import Azure
from agent.collector import Api, Header, Record, Run
from collectors.azure._answers import GONE
from collectors.azure._backups import BACKUP, RECOVERY, VAULTS, where
from collectors.azure._settings import setting

RECOVERY_POLICIES = "recoveryservicesbackup.backup_policies.list"
BACKUP_POLICIES = "dataprotection.backup_policies.list"
HEADER = Header(
    id="azure.vault_protection",
    title="Protection of backup vaults",
    kind="configuration",
    population="Every Recovery Services vault and every Backup vault of the subscription, with each setting that keeps "
    "its backups safe, and every backup policy in it.",
    provider="azure",
    per="member",
    calls=(
        *VAULTS,
        Api(RECOVERY_POLICIES, ("Microsoft.RecoveryServices/Vaults/backupPolicies/read",), answers=GONE),
        Api(BACKUP_POLICIES, ("Microsoft.DataProtection/backupVaults/backupPolicies/read",), answers=GONE),
    ),
    limits=(
        "`locked` is true where immutability is on and cannot be switched off again; `immutability` says more.",
        "A setting that Azure leaves out is null: an old vault has no word on immutability, which is then off.",
        "`retention_days` is that of the copy a policy keeps longest, a month as 30 days, a year as 365.",
        "Vaults that were deleted and can still be brought back are not among them.",
    ),
)
Item = dict[str, Any]
DAYS = {"days": 1, "weeks": 7, "months": 30, "years": 365}
_PERIOD = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?")


def collect(run: Run[Azure]) -> Iterator[Record]:
    """Yield one record per vault and setting, and per policy and setting, of both kinds of vaults."""
    yield from _vaults(run, (RECOVERY, RECOVERY_POLICIES), _recovery, _kept_by_schedule)
    yield from _vaults(run, (BACKUP, BACKUP_POLICIES), _backup, _kept_by_rule)


def _vaults(
    run: Run[Azure], calls: tuple[str, str], settings: Callable[[Item], Item], kept: Callable[[Item], dict[str, str]],
) -> Iterator[Record]:
    listed, below = calls

    def policies(vault: Item) -> list[Item]:
        return list(run.client.read(below, **where(vault)))

    for vault, found in run.client.each(run.client.population(listed), policies, width=4):
        for name, value in settings(vault.get("properties") or {}).items():
            yield Record(setting(vault["id"], name, value), vault)
        for policy in found:
            raw = [{"operation": listed, "item": vault}, {"operation": below, "item": policy}]
            said = kept(policy.get("properties") or {})
            yield Record(setting(policy["id"], "retention", said or None), raw)
            yield Record(setting(policy["id"], "retention_days", _longest(said)), raw)


def _recovery(said: Item) -> Item:
    safe, spread = said.get("securitySettings") or {}, said.get("redundancySettings") or {}
    soft, key = safe.get("softDeleteSettings") or {}, (said.get("encryption") or {}).get("keyVaultProperties") or {}
    state = (safe.get("immutabilitySettings") or {}).get("state")
    return {
        "locked": state == "Locked",
        "immutability": state,
        "soft_delete": soft.get("softDeleteState"),
        "soft_delete_days": soft.get("softDeleteRetentionPeriodInDays"),
        "multi_user_authorization": safe.get("multiUserAuthorization"),
        "redundancy": spread.get("standardTierStorageRedundancy"),
        "cross_region_restore": spread.get("crossRegionRestore"),
        "encryption_key": key.get("keyUri"),
        "public_network": said.get("publicNetworkAccess"),
    }


def _backup(said: Item) -> Item:
    safe, more = said.get("securitySettings") or {}, said.get("featureSettings") or {}
    soft, key = safe.get("softDeleteSettings") or {}, safe.get("encryptionSettings") or {}
    state, guarded = (safe.get("immutabilitySettings") or {}).get("state"), said.get("isVaultProtectedByResourceGuard")
    stores = sorted({str(one.get("type")) for one in said.get("storageSettings") or ()})
    return {
        "locked": state == "Locked",
        "immutability": state,
        "soft_delete": soft.get("state"),
        "soft_delete_days": soft.get("retentionDurationInDays"),
        "multi_user_authorization": None if guarded is None else "Enabled" if guarded else "Disabled",
        "redundancy": ", ".join(stores) or None,
        "cross_region_restore": (more.get("crossRegionRestoreSettings") or {}).get("state"),
        "encryption_key": (key.get("keyVaultProperties") or {}).get("keyUri"),
    }


def _kept_by_schedule(said: Item) -> dict[str, str]:
    """Return how long a policy of a Recovery Services vault keeps, by what it keeps: `daily`, `Log`, `Full weekly`."""
    alone = said.get("retentionPolicy") or (said.get("vaultRetentionPolicy") or {}).get("vaultRetention")
    found = _schedules("", alone)
    for part in said.get("subProtectionPolicy") or ():
        found |= _schedules(part.get("policyType") or "", part.get("retentionPolicy"))
    return found


def _schedules(kind: str, policy: Item | None) -> dict[str, str]:
    held = policy or {}
    named = {"": held, **{name.removesuffix("Schedule"): held.get(name) or {} for name in
                          ("dailySchedule", "weeklySchedule", "monthlySchedule", "yearlySchedule")}}
    lasts = {name: one.get("retentionDuration") or {} for name, one in named.items()}
    return {
        " ".join(filter(None, (kind, name))) or "all": f"{last['count']} {last.get('durationType')}"
        for name, last in lasts.items() if last.get("count") is not None
    }


def _kept_by_rule(said: Item) -> dict[str, str]:
    """Return how long a policy of a Backup vault keeps, by rule and store: `Default VaultStore`."""
    found: dict[str, str] = {}
    for rule in said.get("policyRules") or ():
        for cycle in rule.get("lifecycles") or ():
            store = (cycle.get("sourceDataStore") or {}).get("dataStoreType") or ""
            found[f"{rule.get('name')} {store}".strip()] = (cycle.get("deleteAfter") or {}).get("duration") or ""
    return found


def _longest(kept: dict[str, str]) -> int | None:
    """Return the days of the longest of them, None where none can be told."""
    return max((days for one in kept.values() if (days := _days(one)) is not None), default=None)


def _days(text: str) -> int | None:
    """Return the days of `12 Weeks` or `P3M`."""
    count, _, unit = text.partition(" ")
    if unit.lower() in DAYS and count.isdigit():
        return int(count) * DAYS[unit.lower()]
    found = _PERIOD.fullmatch(text)
    if not found or not any(found.groups()):
        return None
    years, months, weeks, days = (int(one or 0) for one in found.groups())
    return years * 365 + months * 30 + weeks * 7 + days
