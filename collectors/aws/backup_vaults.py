"""Vaults of AWS Backup: whether they are locked, how long they keep, who holds the key, who may touch them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import Configuration
from collectors.aws._settings import setting

HEADER = Header(
    id="aws.backup_vaults",
    title="Vaults of AWS Backup",
    kind="configuration",
    population="Every backup vault of the account in this region, with each setting that keeps its backups safe.",
    provider="aws",
    per="region",
    calls=(
        Api("backup.list_backup_vaults", ("backup:ListBackupVaults",)),
        Api(
            "backup.get_backup_vault_access_policy",
            ("backup:GetBackupVaultAccessPolicy",),
            answers={"ResourceNotFoundException": "the vault has no access policy"},
        ),
    ),
    limits=(
        "A locked vault whose `lock_date` is null or to come can be unlocked again by those with the permission.",
        "A vault whose access policy could not be read comes without `access_policy`.",
        "An access policy is told as it is: whom it lets in is for the reader to see.",
    ),
)

SETTINGS = {
    "locked": "Locked", "lock_date": "LockDate", "min_retention_days": "MinRetentionDays",
    "max_retention_days": "MaxRetentionDays", "encryption_key": "EncryptionKeyArn", "type": "VaultType",
    "recovery_points": "NumberOfRecoveryPoints",
}
UNREAD: dict[str, Any] = {"unread": True}


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one record per vault and setting."""
    vaults = run.client.population("backup.list_backup_vaults", key="BackupVaultList", MaxResults=1000)

    def policy(vault: dict[str, Any]) -> dict[str, Any] | None:
        return run.client.ask("backup.get_backup_vault_access_policy", BackupVaultName=vault["BackupVaultName"])

    for vault, answer in run.client.each(vaults, policy, unread=UNREAD):
        arn = vault["BackupVaultArn"]
        for name, member in SETTINGS.items():
            yield Record(setting(arn, name, vault.get(member)), vault)
        if answer is not UNREAD:
            yield _policy(arn, vault, answer)


def _policy(arn: str, vault: dict[str, Any], answer: dict[str, Any] | None) -> Record:
    row: Configuration = setting(arn, "access_policy", (answer or {}).get("Policy"))
    return Record(row, [
        {"operation": "backup.list_backup_vaults", "item": vault},
        {"operation": "backup.get_backup_vault_access_policy", "item": answer},
    ])
