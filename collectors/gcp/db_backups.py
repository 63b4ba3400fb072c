"""Backups of Firestore, Spanner, AlloyDB, Bigtable and Filestore."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from agent.clients.gcp import Gcp
from agent.collector import Api, Header, Record, Run
from agent.model import Backup
from collectors.gcp._times import instant

INSTANCES = "spanner.projects.instances.list"
SPANNER = "spanner.projects.instances.backups.list"
CLUSTERS = "bigtableadmin.projects.instances.list"
BIGTABLE = "bigtableadmin.projects.instances.clusters.backups.list"
FIRESTORE, ALLOYDB, FILES = (f"{one}.projects.locations.backups.list" for one in ("firestore", "alloydb", "file"))


def _off(name: str) -> dict[str, str]:
    return {"SERVICE_DISABLED": f"{name} is switched off in the project: it has no backups"}


HEADER = Header(
    id="gcp.db_backups",
    title="Backups of other databases and file stores",
    kind="backup",
    population="Every backup of Firestore, Spanner, AlloyDB, Bigtable and Filestore that the project still has.",
    provider="gcp",
    per="member",
    calls=(
        Api(FIRESTORE, ("datastore.backups.list",), answers=_off("Firestore")),
        Api(ALLOYDB, ("alloydb.backups.list",), answers=_off("AlloyDB")),
        Api(FILES, ("file.backups.list",), answers=_off("Filestore")),
        Api(INSTANCES, ("spanner.instances.list",), answers=_off("Spanner")),
        Api(SPANNER, ("spanner.backups.list",), answers={"NOT_FOUND": "the instance was deleted while it was read"}),
        Api(CLUSTERS, ("bigtable.instances.list",), answers=_off("Bigtable")),
        Api(BIGTABLE, ("bigtable.backups.list",), answers={"NOT_FOUND": "the instance was deleted while it was read"}),
    ),
    limits=(
        "A database without a backup is not seen here: gcp.asset_search lists them all.",
        "Backups of Cloud SQL, and those in vaults, are read by other collectors.",
        "`encrypted` is true where a key of one's own was used; Google encrypts the others with a key that it holds.",
    ),
)
OUTCOMES = {
    "READY": "completed", "CREATING": "running", "FINALIZING": "running", "FAILED": "failed", "INVALID": "failed",
    "NOT_AVAILABLE": "failed", "DELETING": "expired",
}


class Sort(NamedTuple):
    """How the backups of a service say of what they are, when they were made and when they end."""

    service: str
    of: Callable[[dict[str, Any]], str | None]
    made: tuple[str, ...]
    ends: str


SORTS = {
    FIRESTORE: Sort("firestore", lambda item: item.get("database"), ("snapshotTime",), "expireTime"),
    ALLOYDB: Sort("alloydb", lambda item: item.get("clusterName"), ("createCompletionTime", "createTime"),
                  "expiryTime"),
    FILES: Sort("file", lambda item: item.get("sourceInstance"), ("createTime",), ""),
    SPANNER: Sort("spanner", lambda item: item.get("database"), ("versionTime", "createTime"), "expireTime"),
    BIGTABLE: Sort("bigtableadmin", lambda item: item.get("sourceTable"), ("endTime", "startTime"), "expireTime"),
}


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one backup per backup, service by service."""
    parent = run.client.parent
    for call in (FIRESTORE, ALLOYDB, FILES):
        yield from _backups(run, call, f"{parent}/locations/-")
    for instance in run.client.read(INSTANCES, key="instances", parent=parent, pageSize=1000):
        yield from _backups(run, SPANNER, instance["name"])
    for instance in run.client.read(CLUSTERS, key="instances", parent=parent):
        yield from _backups(run, BIGTABLE, f"{instance['name']}/clusters/-")


def _backups(run: Run[Gcp], call: str, parent: str) -> Iterator[Record]:
    for item in run.client.population(call, key="backups", parent=parent):
        yield Record(_row(SORTS[call], item), item)


def _row(sort: Sort, item: dict[str, Any]) -> Backup:
    of, state = sort.of(item), str(item.get("state", ""))
    return Backup(
        f"//{sort.service}.googleapis.com/{item['name']}",
        resource=f"//{sort.service}.googleapis.com/{of}" if of else None,
        outcome=OUTCOMES.get(state, state.lower() or None),
        retained_until=instant(item.get(sort.ends)),
        encrypted=True if _own_key(item) else None,
        occurred_at=next((at for name in sort.made if (at := instant(item.get(name)))), None),
    )


def _own_key(item: dict[str, Any]) -> bool:
    said = item.get("encryptionInfo") or {}
    return bool(item.get("kmsKey") or said.get("encryptionType") == "CUSTOMER_MANAGED_ENCRYPTION")
