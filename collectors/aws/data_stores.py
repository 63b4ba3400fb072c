"""The databases: RDS, Aurora, Neptune and DocumentDB, and the tables of DynamoDB."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import Asset
from collectors.aws._tags import classification, environment, owner, tags_of

GONE = {"ResourceNotFoundException": "the table was deleted while it was read"}
HEADER = Header(
    id="aws.data_stores",
    title="Databases",
    kind="asset",
    population="Every database instance and cluster that RDS lists, and every DynamoDB table, of the account in this "
    "region.",
    provider="aws",
    per="region",
    calls=(
        Api("rds.describe_db_instances", ("rds:DescribeDBInstances",)),
        Api("rds.describe_db_clusters", ("rds:DescribeDBClusters",)),
        Api("dynamodb.list_tables", ("dynamodb:ListTables",)),
        Api("dynamodb.describe_table", ("dynamodb:DescribeTable",), answers=GONE),
        Api("dynamodb.list_tags_of_resource", ("dynamodb:ListTagsOfResource",), answers=GONE),
    ),
    limits=(
        "Redshift, ElastiCache, OpenSearch and databases on servers are not listed: compare aws.resource_explorer.",
        "A cluster and each of its instances are a record of their own.",
    ),
)


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one asset per instance, cluster and table."""
    for one in run.client.population("rds.describe_db_instances", key="DBInstances"):
        what = ("AWS::RDS::DBInstance", one["DBInstanceArn"], one["DBInstanceIdentifier"])
        row = _row(run, what, one.get("InstanceCreateTime"), one.get("DBInstanceStatus"), tags_of(one.get("TagList")))
        yield Record(row, one)
    for one in run.client.population("rds.describe_db_clusters", key="DBClusters"):
        what = ("AWS::RDS::DBCluster", one["DBClusterArn"], one["DBClusterIdentifier"])
        row = _row(run, what, one.get("ClusterCreateTime"), one.get("Status"), tags_of(one.get("TagList")))
        yield Record(row, one)
    yield from _tables(run)


def _tables(run: Run[Aws]) -> Iterator[Record]:
    def details(name: str) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
        answer = run.client.ask("dynamodb.describe_table", TableName=name)
        if answer is None:
            return None, []
        call, arn = "dynamodb.list_tags_of_resource", answer["Table"]["TableArn"]
        return answer["Table"], list(run.client.read(call, key="Tags", ResourceArn=arn))

    names = run.client.population("dynamodb.list_tables", key="TableNames")
    for name, (table, tags) in run.client.each(names, details):
        if table is None:
            run.skip("deleted while it was read")
            continue
        raw = [
            {"operation": "dynamodb.describe_table", "item": table},
            {"operation": "dynamodb.list_tags_of_resource", "item": tags},
        ]
        what = ("AWS::DynamoDB::Table", table["TableArn"], name)
        yield Record(_row(run, what, table.get("CreationDateTime"), table.get("TableStatus"), tags_of(tags)), raw)


def _row(
    run: Run[Aws], what: tuple[str, str, str], created: datetime | None, state: str | None, tags: dict[str, str],
) -> Asset:
    kind, arn, name = what
    return Asset(
        arn,
        name=name,
        type=kind,
        provider="aws",
        region=run.region,
        owner=owner(tags),
        classification=classification(tags),
        environment=environment(tags),
        created_at=created,
        state=state,
        tags=tags,
    )
