"""What Azure Backup protects, and which machines, disks and SQL servers on machines it does not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from agent.clients.azure import GRAPH, Azure
from agent.collector import Api, Header, Record, Run
from collectors.azure._ids import plain
from collectors.azure._settings import setting

HEADER = Header(
    id="azure.backup_coverage",
    title="What Azure Backup protects, and what not",
    kind="configuration",
    population="Everything that a vault of the subscription protects, and every virtual machine, every managed disk "
    "and every SQL server on a machine, whether a vault protects it or none does.",
    provider="azure",
    per="member",
    calls=(
        Api(GRAPH, (
            "Microsoft.ResourceGraph/resources/read", "Microsoft.Compute/virtualMachines/read",
            "Microsoft.Compute/disks/read", "Microsoft.SqlVirtualMachine/sqlVirtualMachines/read",
            "Microsoft.DataProtection/backupVaults/backupInstances/read",
            "Microsoft.RecoveryServices/Vaults/backupFabrics/protectionContainers/protectedItems/read",
        )),
    ),
    limits=(
        "What is protected from a vault in another subscription counts as unprotected here.",
        "A machine counts as protected where all of it is, an SQL server where its machine or a database is.",
        "A disk counts as protected where it or its machine is, also if the policy of the machine leaves it out.",
        "Disks of scale sets are skipped: their machines are made anew.",
        "Of stores, clusters and databases of their own only what is protected is seen.",
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
THINGS = """resources
| where type in~ ('microsoft.compute/virtualmachines', 'microsoft.compute/disks',
    'microsoft.sqlvirtualmachine/sqlvirtualmachines')
| project id, name, type,
    machine = iff(type =~ 'microsoft.compute/disks', managedBy, tostring(properties.virtualMachineResourceId))
| order by id asc"""
ACTIVE = frozenset(("protected", "irpending", "protectionconfigured"))
"""States in which new backups are made; with errors, paused or stopped none are."""
SCALE_SET = "/virtualmachinescalesets/"


@dataclass(slots=True)
class Held:
    """The ids of what protects, by the id of what is protected: a whole machine, databases on one, a disk."""

    whole: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    parts: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    single: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, item: dict[str, Any]) -> None:
        """Keep an item of a vault, if it makes new backups."""
        if str(_state(item)).lower() not in ACTIVE:
            return
        if machine := item.get("machine"):
            held = self.whole if str(item.get("management")).lower() == "azureiaasvm" else self.parts
            held[plain(machine)].append(item["id"])
        elif source := item.get("source"):
            self.single[plain(source)].append(item["id"])

    def through(self, one: dict[str, Any]) -> list[str]:
        """Return the ids of what protects a machine, a disk, or an SQL server on a machine."""
        here, beneath = plain(one["id"]), plain(one.get("machine") or "")
        if _kind(one).endswith("/disks"):
            return self.single.get(here, []) + self.whole.get(beneath, [])
        return self.whole.get(beneath or here, []) + (self.parts.get(beneath, []) if beneath else [])


def collect(run: Run[Azure]) -> Iterator[Record]:
    """Yield what is protected, then the rest; nothing is called unprotected before all of the first is read."""
    held = Held()
    for item in run.client.population(GRAPH, query=ITEMS):
        for name, value in _item(item).items():
            yield Record(setting(item["id"], name, value), item)
        held.add(item)
    for one in run.client.population(GRAPH, query=THINGS):
        if _kind(one).endswith("/disks") and SCALE_SET in plain(one.get("machine") or ""):
            run.skip("a disk of a scale set")
            continue
        through = held.through(one)
        yield Record(setting(one["id"], "protected", bool(through)), one)
        if through:
            yield Record(setting(one["id"], "protected_by", through), one)


def _kind(one: dict[str, Any]) -> str:
    return str(one.get("type")).lower()


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
