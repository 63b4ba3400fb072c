"""Protection policies of Microsoft 365 Backup: whose mail, files and sites are saved, how often, for how long."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.entra import Graph
from agent.collector import Api, Header, Record, Run
from collectors.entra._settings import setting

CALL = "solutions.backup_restore.protection_policies"

HEADER = Header(
    id="entra.m365_backup_policies",
    title="Protection policies of Microsoft 365 Backup",
    kind="configuration",
    population="Every protection policy of Microsoft 365 Backup in the tenant: of mailboxes, of files, of sites.",
    provider="entra",
    per="boundary",
    calls=(Api(CALL, ("BackupRestore-Configuration.Read.All",)),),
    limits=(
        "Microsoft 365 Backup has to be switched on; backups by others are not seen.",
        "Which mailboxes, accounts and sites a policy protects is not told, only how many.",
        "Clouds other than the public one do not have it.",
    ),
)


def collect(run: Run[Graph]) -> Iterator[Record]:
    """Yield one record per policy and setting."""
    for policy in run.client.population(CALL):
        for name, value in _settings(policy).items():
            yield Record(setting(policy["id"], name, value), policy)


def _settings(policy: dict[str, Any]) -> dict[str, Any]:
    counted = policy.get("protectionPolicyArtifactCount") or {}
    kept = [{name: one.get(name) for name in ("interval", "period")} for one in policy.get("retentionSettings") or ()]
    return {
        "service": str(policy.get("@odata.type") or "").rpartition(".")[2].removesuffix("ProtectionPolicy") or None,
        "name": policy.get("displayName"),
        "status": policy.get("status"),
        "enabled": policy.get("isEnabled"),
        "retention": kept or None,
        "protected": counted.get("total"),
        "failed": counted.get("failed"),
    }
