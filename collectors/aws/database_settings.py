"""How databases of RDS are set up: who may reach them, whether one slip deletes them, and whether they are kept up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from collectors.aws._settings import setting

CLUSTERS, INSTANCES = "rds.describe_db_clusters", "rds.describe_db_instances"
HEADER = Header(
    id="aws.database_settings",
    title="Settings of RDS databases",
    kind="configuration",
    population="Every database instance and cluster that RDS lists of the account in this region, with whether it has "
    "an address on the internet, is guarded against deletion, and is kept up.",
    provider="aws",
    per="region",
    calls=(
        Api(CLUSTERS, ("rds:DescribeDBClusters",)),
        Api(INSTANCES, ("rds:DescribeDBInstances",)),
    ),
    limits=(
        "`publicly_accessible` is an address on the internet: whether anybody reaches it, security groups decide.",
        "A member of a cluster and a read replica have no guard of their own here: their cluster, their source has.",
        "What the engine itself is set to (parameter groups, users, encryption on the wire) is not read.",
    ),
)
BOTH = {
    "publicly_accessible": "PubliclyAccessible",
    "deletion_protection": "DeletionProtection",
    "minor_upgrades": "AutoMinorVersionUpgrade",
    "iam_sign_in": "IAMDatabaseAuthenticationEnabled",
    "engine": "Engine",
    "engine_version": "EngineVersion",
}
OTHERS = ("DBClusterIdentifier", "ReadReplicaSourceDBInstanceIdentifier", "ReadReplicaSourceDBClusterIdentifier")
"""Members that name who an instance depends on."""


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one record per cluster or instance and setting."""
    for cluster in run.client.population(CLUSTERS, key="DBClusters", MaxRecords=100):
        yield from _records(cluster["DBClusterArn"], cluster, {name: cluster.get(told) for name, told in BOTH.items()})
    for instance in run.client.population(INSTANCES, key="DBInstances", MaxRecords=100):
        settings = {name: instance.get(told) for name, told in BOTH.items()}
        settings["certificate_ends_at"] = (instance.get("CertificateDetails") or {}).get("ValidTill")
        if any(instance.get(name) for name in OTHERS):
            settings["deletion_protection"] = None
        yield from _records(instance["DBInstanceArn"], instance, settings)


def _records(database: str, item: dict[str, Any], settings: dict[str, Any]) -> Iterator[Record]:
    for name, value in settings.items():
        yield Record(setting(database, name, value), item)
