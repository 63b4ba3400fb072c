"""Backups of DynamoDB tables: how far back each can be restored, and the backups taken on demand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import Backup
from collectors.aws._arn import arn

HEADER = Header(
    id="aws.dynamodb_backups",
    title="Backups of DynamoDB tables",
    kind="backup",
    population="Every DynamoDB table of the account in this region with its point-in-time recovery, on or off, and "
    "every backup of a table that exists.",
    provider="aws",
    per="region",
    calls=(
        Api("dynamodb.list_tables", ("dynamodb:ListTables",)),
        Api(
            "dynamodb.describe_continuous_backups",
            ("dynamodb:DescribeContinuousBackups",),
            answers={"TableNotFoundException": "the table was deleted while it was read"},
        ),
        Api("dynamodb.list_backups", ("dynamodb:ListBackups",)),
    ),
    limits=(
        "Every table that exists has a record `…#continuous`; of a deleted one there are backups at most.",
        "Point-in-time recovery is told once a table, as of the newest instant to which it can restore.",
        "A table without point-in-time recovery has `outcome` null in that record, as of the start of the run.",
        "DynamoDB encrypts every backup and does not say so of one: `encrypted` is null.",
        "What AWS Backup made is told by aws.backup_recovery_points, and may be here as well.",
    ),
)

OUTCOMES = {"AVAILABLE": "completed", "CREATING": "running", "DELETED": "expired"}


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one backup per table, and one per backup on demand."""
    tables = run.client.population("dynamodb.list_tables", key="TableNames", Limit=100)

    def continuous(table: str) -> dict[str, Any] | None:
        return run.client.ask("dynamodb.describe_continuous_backups", TableName=table)

    for table, answer in run.client.each(tables, continuous):
        if answer is None:
            run.skip("deleted while it was read")
        else:
            said = answer["ContinuousBackupsDescription"]
            yield Record(_continuous(run, table, said.get("PointInTimeRecoveryDescription") or {}), [
                {"operation": "dynamodb.list_tables", "item": table},
                {"operation": "dynamodb.describe_continuous_backups", "item": said},
            ])
    for item in run.client.population("dynamodb.list_backups", key="BackupSummaries", BackupType="ALL", Limit=100):
        yield Record(_on_demand(item), item)


def _continuous(run: Run[Aws], table: str, said: dict[str, Any]) -> Backup:
    resource = arn(run, "dynamodb", f"table/{table}")
    on = said.get("PointInTimeRecoveryStatus") == "ENABLED"
    newest = said.get("LatestRestorableDateTime") if on else None
    days = said.get("RecoveryPeriodInDays")
    return Backup(
        f"{resource}#continuous",
        resource=resource,
        outcome="completed" if newest else "running" if on else None,
        retained_until=newest + timedelta(days=days) if newest and days else None,
        occurred_at=newest or run.started,
    )


def _on_demand(item: dict[str, Any]) -> Backup:
    return Backup(
        item["BackupArn"],
        resource=item["TableArn"],
        outcome=OUTCOMES.get(item["BackupStatus"], item["BackupStatus"].lower()),
        retained_until=item.get("BackupExpiryDateTime"),
        occurred_at=item["BackupCreationDateTime"],
    )
