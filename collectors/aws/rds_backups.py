"""Backups of databases: RDS's own automated ones, snapshots, and databases that have neither."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import Backup
from collectors.aws._arn import arn

HEADER = Header(
    id="aws.rds_backups",
    title="Backups of RDS databases",
    kind="backup",
    population="Every automated backup and every snapshot of the account's RDS instances and clusters in this region, "
    "and every database whose automated backup is not among them, or is switched off.",
    provider="aws",
    per="region",
    calls=(
        Api("rds.describe_db_instance_automated_backups", ("rds:DescribeDBInstanceAutomatedBackups",)),
        Api("rds.describe_db_cluster_automated_backups", ("rds:DescribeDBClusterAutomatedBackups",)),
        Api("rds.describe_db_clusters", ("rds:DescribeDBClusters",)),
        Api("rds.describe_db_instances", ("rds:DescribeDBInstances",)),
        Api("rds.describe_db_snapshots", ("rds:DescribeDBSnapshots",)),
        Api("rds.describe_db_cluster_snapshots", ("rds:DescribeDBClusterSnapshots",)),
    ),
    limits=(
        "An automated backup is told once, as of the newest instant to which it can restore.",
        "Every database that exists, replicas and members aside, has a record `…#automated`; a deleted one has none.",
        "A database without automated backups has `outcome` null, as of the start of the run.",
        "Members of a cluster are backed up with it, read replicas at their source: both are skipped.",
        "Snapshots are kept until somebody deletes them where `retained_until` is null.",
        "Snapshots that another account shares with this one are not among them.",
        "RDS's own events are not read: a failed automated backup shows as one that grows old.",
    ),
)

OUTCOMES = {
    "available": "completed", "active": "completed", "retained": "completed", "replicating": "completed",
    "failed": "failed",
    "creating": "running", "copying": "running", "pending": "running",
}
AUTOMATED = (
    ("rds.describe_db_instance_automated_backups", "DBInstanceAutomatedBackups", "DBInstance", "Encrypted"),
    ("rds.describe_db_cluster_automated_backups", "DBClusterAutomatedBackups", "DBCluster", "StorageEncrypted"),
)
SNAPSHOTS = (
    ("rds.describe_db_snapshots", "DBSnapshots", "DBInstance", "db", "DBSnapshotArn", "Encrypted"),
    ("rds.describe_db_cluster_snapshots", "DBClusterSnapshots", "DBCluster", "cluster", "DBClusterSnapshotArn",
     "StorageEncrypted"),
)


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one backup per automated backup, database without one, and snapshot."""
    known: set[str] = set()
    for call, key, what, encrypted in AUTOMATED:
        for item in run.client.population(call, key=key, MaxRecords=100):
            if item.get("Status") != "retained":  # of a database that is deleted; another may bear its name
                known.add(item[f"{what}Arn"])
            yield Record(_automated(run, item, what, item.get(encrypted)), item)
    for item in run.client.population("rds.describe_db_clusters", key="DBClusters", MaxRecords=100):
        yield from _database(run, item, item["DBClusterArn"], known)
    for item in run.client.population("rds.describe_db_instances", key="DBInstances", MaxRecords=100):
        if item.get("DBClusterIdentifier") or item.get("ReadReplicaSourceDBInstanceIdentifier"):
            run.skip("a member of a cluster or a read replica")
        else:
            yield from _database(run, item, item["DBInstanceArn"], known)
    yield from _snapshots(run)


def _automated(run: Run[Aws], item: dict[str, Any], what: str, encrypted: bool | None) -> Backup:
    newest = (item.get("RestoreWindow") or {}).get("LatestTime")
    status = item.get("Status") or ""
    copies = [one["DBInstanceAutomatedBackupsArn"] for one in item.get("DBInstanceAutomatedBackupsReplications") or ()]
    return Backup(
        _identity(run, item, what),
        resource=item[f"{what}Arn"],
        outcome=OUTCOMES.get(status, status.lower() or None) if newest else "running",
        retained_until=_until(newest, item.get("BackupRetentionPeriod")),
        encrypted=encrypted,
        copied_to=copies[0] if copies else None,
        occurred_at=newest or run.started,
    )


def _identity(run: Run[Aws], item: dict[str, Any], what: str) -> str:
    """Return `…#automated` for a database that exists here; a copy, and what outlives a database, has its own id."""
    database: str = item[f"{what}Arn"]
    if item.get("Status") != "retained" and database.split(":")[3] == run.region:
        return f"{database}#automated"
    told: str | None = item.get(f"{what}AutomatedBackupsArn")
    return told or f"{database}#{item.get('Status')}@{run.region}"


def _database(run: Run[Aws], item: dict[str, Any], resource: str, known: set[str]) -> Iterator[Record]:
    """Yield a database that the automated backups do not name: an engine that they leave out, or none at all."""
    if resource in known:
        run.skip("its automated backup is recorded")
        return
    newest = item.get("LatestRestorableTime") if item.get("BackupRetentionPeriod") else None
    row = Backup(
        f"{resource}#automated",
        resource=resource,
        outcome="completed" if newest else None,
        retained_until=_until(newest, item.get("BackupRetentionPeriod")),
        encrypted=item.get("StorageEncrypted") if newest else None,
        occurred_at=newest or run.started,
    )
    yield Record(row, item)


def _snapshots(run: Run[Aws]) -> Iterator[Record]:
    for call, key, what, word, identity, encrypted in SNAPSHOTS:
        for item in run.client.population(call, key=key, MaxRecords=100):
            taken, status = item.get("SnapshotCreateTime"), item.get("Status") or ""
            source = arn(run, "rds", f"{word}:{item[f'{what}Identifier']}", region=item.get("SourceRegion") or "")
            row = Backup(
                item[identity],
                resource=source,
                outcome=OUTCOMES.get(status, status.lower() or None),
                retained_until=_kept(item, taken),
                encrypted=item.get(encrypted),
                occurred_at=taken or run.started,  # a snapshot that is being taken has no time yet
            )
            yield Record(row, item)


def _kept(item: dict[str, Any], taken: datetime | None) -> datetime | None:
    return _until(taken, item.get("BackupRetentionPeriod")) if item.get("SnapshotType") == "automated" else None


def _until(newest: datetime | None, days: int | None) -> datetime | None:
    return newest + timedelta(days=days) if newest and days else None
