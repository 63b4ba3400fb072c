"""What Azure Backup protects, and which machines and SQL servers on machines it does not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from agent.clients.azure import GRAPH, Azure
from agent.collector import Api, Header, Record, Run
from collectors.azure._ids import plain
from collectors.azure._settings import setting

HEADER = Header(
    id="azure.backup_coverage",
    title="What Azure Backup protects, and what not",
    kind="configuration",
    population="Everything that a vault of the subscription protects, and every virtual machine and every SQL server "
    "on one, whether a vault protects it or none does.",
    provider="azure",
    per="member",
    calls=(
        Api(GRAPH, (
            "Microsoft.ResourceGraph/resources/read", "Microsoft.Compute/virtualMachines/read",
            "Microsoft.SqlVirtualMachine/sqlVirtualMachines/read",
            "Microsoft.DataProtection/backupVaults/backupInstances/read",
            "Microsoft.RecoveryServices/Vaults/backupFabrics/protectionContainers/protectedItems/read",
        )),
    ),
    limits=(
        "What is protected from a vault in another subscription counts as unprotected here.",
        "A machine counts as protected where all of it is, an SQL server where its machine or a database is.",
        "Of disks, stores, clusters and databases of their own only what is protected is seen.",
        "Protection that was stopped keeps what it has, and counts for nothing.",
        "Whether a machine needs a backup at all (a worker made anew each day) Azure does not know.",
    ),
)
ITEMS = """recoveryservicesresources
| where type in~ ('microsoft.recoveryservices/vaults/backupfabrics/protectioncontainers/protecteditems',
    'microsoft.dataprotection/backupvaults/backupinstances')
| project id, name, type, machine = tostring(properties.sourceResourceId),
    source = tostring(properties.dataSourceInfo.resourceID), management = tostring(properties.backupManagementType),
    state = tostring(properties.protectionState), current = tostring(properties.currentProtectionState),
    status = tostring(properties.lastBackupStatus), backed = tostring(properties.lastBackupTime),
    policy = tostring(properties.policyId), assigned = tostring(properties.policyInfo.policyId)
| order by id asc"""
MACHINES = """resources
| where type in~ ('microsoft.compute/virtualmachines', 'microsoft.sqlvirtualmachine/sqlvirtualmachines')
| project id, name, type, machine = tostring(properties.virtualMachineResourceId)
| order by id asc"""
ACTIVE = frozenset(("protected", "irpending", "protectionconfigured"))
"""States in which new backups are made; with errors, paused or stopped none are."""


def collect(run: Run[Azure]) -> Iterator[Record]:
    """Yield what is protected, then the machines; none is called unprotected before all of the first is read."""
    whole: dict[str, list[str]] = defaultdict(list)
    parts: dict[str, list[str]] = defaultdict(list)
    for item in run.client.population(GRAPH, query=ITEMS):
        for name, value in _item(item).items():
            yield Record(setting(item["id"], name, value), item)
        if str(_state(item)).lower() in ACTIVE and item.get("machine"):
            held = whole if str(item.get("management")).lower() == "azureiaasvm" else parts
            held[plain(item["machine"])].append(item["id"])
    for one in run.client.population(GRAPH, query=MACHINES):
        machine = plain(one.get("machine") or one["id"])
        through = whole.get(machine, []) + (parts.get(machine, []) if one.get("machine") else [])
        yield Record(setting(one["id"], "protected", bool(through)), one)
        if through:
            yield Record(setting(one["id"], "protected_by", through), one)


def _state(item: dict[str, Any]) -> str | None:
    return item.get("state") or item.get("current") or None


def _item(item: dict[str, Any]) -> dict[str, Any]:
    return {
        "protects": item.get("machine") or item.get("source") or None,
        "protection_state": _state(item),
        "last_backup": item.get("backed") or None,
        "last_backup_status": item.get("status") or None,
        "policy": item.get("policy") or item.get("assigned") or None,
    }
