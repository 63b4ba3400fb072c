"""Recovery points: the backups that exist in the vaults of AWS Backup."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import Backup

HEADER = Header(
    id="aws.backup_recovery_points",
    title="Recovery points of AWS Backup",
    kind="backup",
    population="Every recovery point in every backup vault of the account in this region, copies and parts of "
    "composite ones included.",
    provider="aws",
    per="region",
    calls=(
        Api("backup.list_backup_vaults", ("backup:ListBackupVaults",)),
        Api("backup.list_recovery_points_by_backup_vault", ("backup:ListRecoveryPointsByBackupVault",)),
    ),
    limits=(
        "Vaults that only lend access to another account's vault are left out: that account's run reads them.",
        "`immutable` is the vault's lock; whether it can be taken off, `lock_date` of aws.backup_vaults tells.",
        "A recovery point that stays until somebody deletes it has no `retained_until`.",
        "A continuous backup that was stopped is told as `aborted`, one that is being deleted as `expired`.",
    ),
)

OUTCOMES = {
    "COMPLETED": "completed", "AVAILABLE": "completed", "PARTIAL": "partial", "EXPIRED": "expired",
    "DELETING": "expired", "STOPPED": "aborted", "CREATING": "running",
}
LENT = "RESTORE_ACCESS_BACKUP_VAULT"


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one backup per recovery point, vault after vault."""
    for vault in run.client.read("backup.list_backup_vaults", key="BackupVaultList", MaxResults=1000):
        if vault.get("VaultType") == LENT:
            continue
        points = run.client.population(
            "backup.list_recovery_points_by_backup_vault", key="RecoveryPoints",
            BackupVaultName=vault["BackupVaultName"], MaxResults=1000,
        )
        for point in points:
            yield Record(_row(point, vault), [
                {"operation": "backup.list_backup_vaults", "item": vault},
                {"operation": "backup.list_recovery_points_by_backup_vault", "item": point},
            ])


def _row(point: dict[str, Any], vault: dict[str, Any]) -> Backup:
    return Backup(
        point["RecoveryPointArn"],
        resource=point.get("ResourceArn"),
        outcome=OUTCOMES.get(point["Status"], point["Status"].lower()),
        retained_until=(point.get("CalculatedLifecycle") or {}).get("DeleteAt"),
        encrypted=point.get("IsEncrypted"),
        immutable=vault.get("Locked"),
        occurred_at=point["CreationDate"],
    )
