"""Servers and databases of Azure SQL: how far back they can be restored, whether they are encrypted and audited."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from agent.clients.azure import GRAPH, Azure
from agent.collector import Api, Header, Record, Run
from collectors.azure._answers import GONE
from collectors.azure._ids import group, part
from collectors.azure._settings import setting

KEPT = "sql.long_term_retention_policies.list_by_database"
ENCRYPTED = "sql.transparent_data_encryptions.list_by_database"
AUDITED = "sql.server_blob_auditing_policies.list_by_server"
HEADER = Header(
    id="azure.sql_backup_audit",
    title="Backups, encryption and auditing of Azure SQL",
    kind="configuration",
    population="Every logical server of Azure SQL in the subscription and every database on one, `master` left out, "
    "with what it keeps, whether it is encrypted, and whether it is audited.",
    provider="azure",
    per="member",
    calls=(
        Api(GRAPH, (
            "Microsoft.ResourceGraph/resources/read", "Microsoft.Sql/servers/read",
            "Microsoft.Sql/servers/databases/read",
        )),
        Api(KEPT, ("Microsoft.Sql/servers/databases/backupLongTermRetentionPolicies/read",), answers=GONE),
        Api(ENCRYPTED, ("Microsoft.Sql/servers/databases/transparentDataEncryption/read",), answers=GONE),
        Api(AUDITED, ("Microsoft.Sql/servers/auditingSettings/read",), answers=GONE),
    ),
    limits=(
        "Auditing of a single database, switched on beside that of its server, is not read.",
        "`audit_retention_days` 0 means that nothing is deleted; it is of the storage account alone.",
        "Managed instances, SQL on machines, PostgreSQL and MySQL are not read.",
        "`earliest_restore` is null of a database that has no backup yet.",
    ),
)
QUERY = """resources
| where type in~ ('microsoft.sql/servers', 'microsoft.sql/servers/databases')
| where not(type =~ 'microsoft.sql/servers/databases' and name =~ 'master')
| project id, name, type, earliest = tostring(properties.earliestRestoreDate),
    redundancy = tostring(properties.currentBackupStorageRedundancy), tls = tostring(properties.minimalTlsVersion),
    network = tostring(properties.publicNetworkAccess), created = tostring(properties.creationDate)
| order by id asc"""
NEVER = "PT0S"
"""How long a backup is kept that is not kept."""
Item = dict[str, Any]


class Told(NamedTuple):
    """What was asked of one resource, by operation."""

    kept: list[Item]
    encrypted: list[Item]
    audited: list[Item]


def collect(run: Run[Azure]) -> Iterator[Record]:
    """Yield one record per server or database and setting."""

    def told(one: Item) -> Told:
        place = {"resourceGroupName": group(one["id"]), "serverName": part(one["id"], "servers")}
        if not _database(one):
            return Told([], [], list(run.client.read(AUDITED, **place)))
        place["databaseName"] = part(one["id"], "databases")
        return Told(list(run.client.read(KEPT, **place)), list(run.client.read(ENCRYPTED, **place)), [])

    for one, said in run.client.each(run.client.population(GRAPH, query=QUERY), told, width=4):
        raw = [{"operation": GRAPH, "item": one}]
        for call, found in ((KEPT, said.kept), (ENCRYPTED, said.encrypted), (AUDITED, said.audited)):
            raw += [{"operation": call, "item": item} for item in found]
        settings = _of_database(one, said) if _database(one) else _of_server(one, said)
        for name, value in settings.items():
            yield Record(setting(one["id"], name, value), raw)


def _database(one: Item) -> bool:
    return str(one.get("type")).lower().endswith("/databases")


def _of_database(one: Item, said: Told) -> Item:
    kept, sealed = _first(said.kept), _first(said.encrypted)
    names = ("weekly", "monthly", "yearly")
    long = {name: kept[f"{name}Retention"] for name in names if kept.get(f"{name}Retention") not in (None, NEVER)}
    return {
        "created_at": one.get("created") or None,
        "earliest_restore": one.get("earliest") or None,
        "backup_redundancy": one.get("redundancy") or None,
        "long_term_retention": long or None,
        "long_term_immutable": kept.get("timeBasedImmutability"),
        "encrypted": sealed["state"] == "Enabled" if sealed.get("state") else None,
    }


def _of_server(one: Item, said: Told) -> Item:
    audit = _first(said.audited)
    targets = (audit.get("storageEndpoint"), "azure monitor" if audit.get("isAzureMonitorTargetEnabled") else None)
    return {
        "audited": audit["state"] == "Enabled" if audit.get("state") else None,
        "audit_destination": ", ".join(filter(None, targets)) or None,
        "audit_retention_days": audit.get("retentionDays"),
        "minimum_tls": one.get("tls") or None,
        "public_network": one.get("network") or None,
    }


def _first(found: list[Item]) -> Item:
    """Return the properties of the one item that such a list has; {} where it has none."""
    return (found[0].get("properties") or {}) if found else {}
