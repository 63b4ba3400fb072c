"""Rules by which stored information is deleted: lifecycles of buckets, log groups, tables and backup plans."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from collectors.aws import _buckets
from collectors.aws._arn import arn
from collectors.aws._settings import setting

LIFECYCLE = "s3.get_bucket_lifecycle_configuration"
EXPIRY = "dynamodb.describe_time_to_live"
PLAN = "backup.get_backup_plan"
HEADER = Header(
    id="aws.retention_deletion",
    title="Rules of deletion",
    kind="configuration",
    population="Every bucket, log group, table and backup plan of the account in this region, with the rule by which "
    "it deletes what it holds, or that it has none.",
    provider="aws",
    per="region",
    calls=(
        _buckets.LIST,
        _buckets.LOCATION,
        Api(
            LIFECYCLE,
            ("s3:GetLifecycleConfiguration",),
            answers={**_buckets.GONE, "NoSuchLifecycleConfiguration": "the bucket has no lifecycle"},
        ),
        Api("logs.describe_log_groups", ("logs:DescribeLogGroups",)),
        Api("dynamodb.list_tables", ("dynamodb:ListTables",)),
        Api(
            EXPIRY,
            ("dynamodb:DescribeTimeToLive",),
            answers={"ResourceNotFoundException": "the table was deleted while it was read"},
        ),
        Api("backup.list_backup_plans", ("backup:ListBackupPlans",)),
        Api(
            PLAN,
            ("backup:GetBackupPlan",),
            answers={"ResourceNotFoundException": "the plan was deleted while it was read"},
        ),
    ),
    cadence="P1W",
    limits=(
        "`deletion_rule` of a bucket is true where a rule deletes current objects, be it of a part: see `rules`.",
        "Tables have `expires_items` instead: what expires in them, their application decides item by item.",
        "Whether a period is the one that the organization wants is not judged: `rules` and `days` say how long it is.",
    ),
)


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one record per store and setting."""
    yield from _stores(run)
    for group in run.client.population("logs.describe_log_groups", key="logGroups", limit=50):
        place, days = group["arn"].removesuffix(":*"), group.get("retentionInDays")
        yield Record(setting(place, "deletion_rule", days is not None), group)
        yield Record(setting(place, "days", days), group)
    yield from _tables(run)
    yield from _plans(run)


def _stores(run: Run[Aws]) -> Iterator[Record]:
    client, here = run.client, run.region

    def ask(bucket: dict[str, Any]) -> tuple[str | None, dict[str, Any] | None]:
        where = bucket.get("BucketRegion") or _buckets.located(client, bucket["Name"])
        return where, client.ask(LIFECYCLE, Bucket=bucket["Name"]) if where == here else None

    listed = client.population("s3.list_buckets", key="Buckets", MaxBuckets=1000, BucketRegion=here)
    for bucket, (where, told) in client.each(listed, ask):
        if where != here:
            run.skip("in another region" if where else "deleted while it was read")
            continue
        rules = [_rule(one) for one in (told or {}).get("Rules") or () if one.get("Status") == "Enabled"]
        rules = [one for one in rules if one["expires"]]
        raw = [{"operation": "s3.list_buckets", "item": bucket}, {"operation": LIFECYCLE, "item": told}]
        yield Record(setting(_buckets.arn(bucket), "deletion_rule", bool(rules)), raw)
        yield Record(setting(_buckets.arn(bucket), "rules", rules), raw)


def _rule(rule: dict[str, Any]) -> dict[str, Any]:
    """Return what a rule deletes and when; a marker that is taken away deletes nothing."""
    expires = {k: v for k, v in (rule.get("Expiration") or {}).items() if k in ("Days", "Date")}
    return {"expires": expires, "filter": rule.get("Filter") or {"Prefix": rule.get("Prefix") or ""}}


def _tables(run: Run[Aws]) -> Iterator[Record]:
    names = run.client.population("dynamodb.list_tables", key="TableNames", Limit=100)
    for name, answer in run.client.each(names, lambda name: run.client.ask(EXPIRY, TableName=name)):
        if answer is None:
            run.skip("deleted while it was read")
            continue
        told = answer.get("TimeToLiveDescription") or {}
        raw = [{"operation": "dynamodb.list_tables", "item": name}, {"operation": EXPIRY, "item": told}]
        on = told.get("TimeToLiveStatus") in ("ENABLED", "ENABLING")
        yield Record(setting(arn(run, "dynamodb", f"table/{name}"), "expires_items", on), raw)


def _plans(run: Run[Aws]) -> Iterator[Record]:
    plans = run.client.population("backup.list_backup_plans", key="BackupPlansList", MaxResults=1000)
    asked = run.client.each(plans, lambda plan: run.client.ask(PLAN, BackupPlanId=plan["BackupPlanId"]))
    for plan, answer in asked:
        if answer is None:
            run.skip("deleted while it was read")
            continue
        rules = (answer.get("BackupPlan") or {}).get("Rules") or ()
        days = {one["RuleName"]: (one.get("Lifecycle") or {}).get("DeleteAfterDays") for one in rules}
        ends = all(one is not None and one > 0 for one in days.values())
        raw = [{"operation": "backup.list_backup_plans", "item": plan}, {"operation": PLAN, "item": answer}]
        yield Record(setting(plan["BackupPlanArn"], "deletion_rule", ends), raw)
        yield Record(setting(plan["BackupPlanArn"], "days", days), raw)
