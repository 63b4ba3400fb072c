"""Vaults of AWS Backup: whether they are locked, how long they keep, who holds the key, who may touch them."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from collectors.aws._settings import setting
from collectors.aws._trust import open_to_all

LIST = "backup.list_backup_vaults"
POLICY, NOTICES = "backup.get_backup_vault_access_policy", "backup.get_backup_vault_notifications"
HEADER = Header(
    id="aws.backup_vaults",
    title="Vaults of AWS Backup",
    kind="configuration",
    population="Every backup vault of the account in this region, with each setting that keeps its backups safe.",
    provider="aws",
    per="region",
    calls=(
        Api(LIST, ("backup:ListBackupVaults",)),
        Api(POLICY, ("backup:GetBackupVaultAccessPolicy",),
            answers={"ResourceNotFoundException": "the vault has no access policy"}),
        Api(NOTICES, ("backup:GetBackupVaultNotifications",),
            answers={"ResourceNotFoundException": "the vault notifies nobody"}),
    ),
    limits=(
        "A locked vault whose `lock_date` is null or to come can be unlocked again by those with the permission.",
        "A vault whose access policy or notifications could not be read comes without them.",
        "`policy_open` is a policy that lets everyone in under no condition; whom else it lets in, its text says.",
        "Who is told by a rule on events instead of the vault's own notifications is in aws.event_rules.",
    ),
)

SETTINGS = {
    "locked": "Locked", "lock_date": "LockDate", "min_retention_days": "MinRetentionDays",
    "max_retention_days": "MaxRetentionDays", "encryption_key": "EncryptionKeyArn", "type": "VaultType",
    "recovery_points": "NumberOfRecoveryPoints",
}


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one record per vault and setting."""
    for vault in run.client.population(LIST, key="BackupVaultList", MaxResults=1000):
        arn = vault["BackupVaultArn"]
        for name, member in SETTINGS.items():
            yield Record(setting(arn, name, vault.get(member)), vault)
        for call, answer in run.client.each((POLICY, NOTICES), functools.partial(_ask, run.client, vault)):
            raw = [{"operation": LIST, "item": vault}, {"operation": call, "item": answer}]
            for name, value in (_policy if call == POLICY else _notices)(answer or {}).items():
                yield Record(setting(arn, name, value), raw)


def _ask(client: Aws, vault: dict[str, Any], call: str) -> dict[str, Any] | None:
    return client.ask(call, BackupVaultName=vault["BackupVaultName"])


def _policy(answer: dict[str, Any]) -> dict[str, Any]:
    policy = answer.get("Policy")
    return {"access_policy": policy, "policy_open": policy is not None and open_to_all(policy)}


def _notices(answer: dict[str, Any]) -> dict[str, Any]:
    events = sorted(answer.get("BackupVaultEvents") or ())
    return {"notified_topic": answer.get("SNSTopicArn"), "notified_events": events}
