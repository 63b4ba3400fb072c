"""Databases, tables, functions, certificates, images and the patch state of instances."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.lab.aws.answers import Context
from tests.lab.aws.iam_shapes import tags
from tests.lab.aws.paging import Listing
from tests.lab.aws.table import Params, Table
from tests.lab.aws.wire import ErrorAnswer
from tests.lab.estate import Estate
from tests.lab.things import Resource

table = Table()


def _here(estate: Estate, context: Context, kind: str) -> list[Resource]:
    return estate.of(kind, context.account, context.region)


@table.on("ec2.describe_regions")
def _regions(estate: Estate, params: Params, context: Context) -> dict[str, Any]:
    told = {"OptInStatus": "opt-in-not-required"}
    return {"Regions": [{"RegionName": r, "Endpoint": f"ec2.{r}.amazonaws.com", **told} for r in estate.regions]}


@table.on("rds.describe_db_instances")
def _databases(estate: Estate, params: Params, context: Context) -> Any:
    name = params.get("DBInstanceIdentifier")
    found = [r for r in _here(estate, context, "AWS::RDS::DBInstance") if name in (None, r.name, r.arn)]
    if name and not found:
        return ErrorAnswer("DBInstanceNotFound", 404, f"DBInstance {name} not found.")
    return Listing([_database(estate, r) for r in found])


def _database(estate: Estate, r: Resource) -> dict[str, Any]:
    days = int(str(r.traits["retention"]))
    latest = {"LatestRestorableTime": estate.now - timedelta(minutes=5)} if days else {}
    key = f"arn:aws:kms:{r.region}:{r.account}:key/aws-rds"
    what = {"DBInstanceIdentifier": r.name, "DBInstanceArn": r.arn, "Engine": "postgres", "EngineVersion": "16.4"}
    kept = {"BackupRetentionPeriod": days, "StorageEncrypted": bool(r.traits["encrypted"]), **latest}
    safe = {"MultiAZ": bool(r.traits.get("multi_az", True)), "PubliclyAccessible": bool(r.traits.get("public", False))}
    more = {"DBInstanceStatus": "available", "DBInstanceClass": "db.m6g.large", "AllocatedStorage": 100}
    secret = {"KmsKeyId": key} if r.traits["encrypted"] else {}
    made = {"InstanceCreateTime": r.created, "DeletionProtection": bool(days), "TagList": tags(r.tags)}
    return {**what, **kept, **safe, **more, **secret, **made, "DbiResourceId": f"db-{r.name.upper()}"}


@table.on("rds.describe_db_snapshots")
def _snapshots(estate: Estate, params: Params, context: Context) -> Listing:
    found = _here(estate, context, "AWS::RDS::DBInstance")
    kind, name = params.get("SnapshotType"), params.get("DBInstanceIdentifier")
    wanted = [r for r in found if name in (None, r.name) and kind in (None, "automated")]
    return Listing([_snapshot(estate, r, age) for r in wanted for age in range(1, int(str(r.traits["retention"])) + 1)])


def _snapshot(estate: Estate, r: Resource, age: int) -> dict[str, Any]:
    at = estate.now - timedelta(days=age) + timedelta(hours=2)
    name = f"rds:{r.name}-{at:%Y-%m-%d-%H-%M}"
    arn = f"arn:aws:rds:{r.region}:{r.account}:snapshot:{name}"
    told = {"DBSnapshotIdentifier": name, "DBSnapshotArn": arn, "DBInstanceIdentifier": r.name, "Engine": "postgres"}
    state = {"Status": "available", "SnapshotType": "automated", "Encrypted": bool(r.traits["encrypted"])}
    return {**told, **state, "SnapshotCreateTime": at, "PercentProgress": 100, "AllocatedStorage": 100}


@table.on("rds.describe_db_instance_automated_backups")
def _automated(estate: Estate, params: Params, context: Context) -> Listing:
    found = [r for r in _here(estate, context, "AWS::RDS::DBInstance") if r.traits["retention"]]
    return Listing([_automated_backup(estate, r) for r in found])


def _automated_backup(estate: Estate, r: Resource) -> dict[str, Any]:
    days = int(str(r.traits["retention"]))
    window = {"EarliestTime": estate.now - timedelta(days=days), "LatestTime": estate.now - timedelta(minutes=5)}
    told = {"DBInstanceIdentifier": r.name, "DBInstanceArn": r.arn, "Region": r.region, "Status": "active"}
    arn = f"arn:aws:rds:{r.region}:{r.account}:auto-backup:ab-{r.name}"
    more = {
        "DBInstanceAutomatedBackupsArn": arn,
        "BackupRetentionPeriod": days,
        "Encrypted": bool(r.traits["encrypted"]),
    }
    return {**told, **more, "RestoreWindow": window, "DbiResourceId": f"db-{r.name.upper()}"}


@table.on(
    "rds.describe_db_clusters",
    "rds.describe_db_cluster_snapshots",
    "rds.describe_db_cluster_automated_backups",
    "rds.describe_events",
)
def _no_clusters(estate: Estate, params: Params, context: Context) -> Listing:
    return Listing([])


@table.on("dynamodb.list_tables")
def _tables(estate: Estate, params: Params, context: Context) -> Listing:
    return Listing([r.name for r in _here(estate, context, "AWS::DynamoDB::Table")])


@table.on("dynamodb.describe_table")
def _table(estate: Estate, params: Params, context: Context) -> Any:
    found = [r for r in _here(estate, context, "AWS::DynamoDB::Table") if params["TableName"] in (r.name, r.arn)]
    if not found:
        return ErrorAnswer("ResourceNotFoundException", 400, "Requested resource not found")
    told = {"TableName": found[0].name, "TableArn": found[0].arn, "TableStatus": "ACTIVE", "ItemCount": 1000}
    return {
        "Table": {
            **told,
            "CreationDateTime": found[0].created,
            "TableSizeBytes": 10**6,
            "DeletionProtectionEnabled": True,
        }
    }


@table.on("dynamodb.describe_continuous_backups")
def _continuous(estate: Estate, params: Params, context: Context) -> dict[str, Any]:
    point = {"PointInTimeRecoveryStatus": "ENABLED", "EarliestRestorableDateTime": estate.ago("35d")}
    latest = {"LatestRestorableDateTime": estate.now - timedelta(minutes=5), "RecoveryPeriodInDays": 35}
    told = {"ContinuousBackupsStatus": "ENABLED", "PointInTimeRecoveryDescription": {**point, **latest}}
    return {"ContinuousBackupsDescription": told}


@table.on("dynamodb.list_backups")
def _table_backups(estate: Estate, params: Params, context: Context) -> Listing:
    return Listing([])


@table.on("dynamodb.list_tags_of_resource")
def _table_tags(estate: Estate, params: Params, context: Context) -> Listing:
    found = [r for r in _here(estate, context, "AWS::DynamoDB::Table") if r.arn == params["ResourceArn"]]
    return Listing([tag for r in found for tag in tags(r.tags)])


@table.on("lambda.list_functions")
def _functions(estate: Estate, params: Params, context: Context) -> Listing:
    found = _here(estate, context, "AWS::Lambda::Function")
    return Listing([_function(r) for r in found], size=50)


def _function(r: Resource) -> dict[str, Any]:
    what = {"FunctionName": r.name, "FunctionArn": r.arn, "Runtime": r.traits["runtime"], "Handler": "app.main"}
    role = f"arn:aws:iam::{r.account}:role/service-0001"
    when = {"LastModified": r.created.strftime("%Y-%m-%dT%H:%M:%S.000+0000"), "Version": "$LATEST"}
    return {**what, **when, "Role": role, "CodeSize": 4096, "MemorySize": 256, "Timeout": 30, "PackageType": "Zip"}


@table.on("acm.list_certificates")
def _certificates(estate: Estate, params: Params, context: Context) -> Listing:
    found = _here(estate, context, "AWS::ACM::Certificate")
    return Listing([_certificate(estate, r) for r in found])


def _certificate(estate: Estate, r: Resource) -> dict[str, Any]:
    ends = estate.now + timedelta(days=20 + (estate.now - r.created).days % 300)
    told = {"CertificateArn": r.arn, "DomainName": f"{r.name}.nordwind.example", "Status": "ISSUED", "InUse": True}
    when = {"CreatedAt": r.created, "IssuedAt": r.created, "NotBefore": r.created, "NotAfter": ends}
    return {**told, **when, "Type": "AMAZON_ISSUED", "KeyAlgorithm": "RSA-2048", "RenewalEligibility": "ELIGIBLE"}


@table.on("acm.describe_certificate")
def _one_certificate(estate: Estate, params: Params, context: Context) -> Any:
    found = [r for r in _here(estate, context, "AWS::ACM::Certificate") if r.arn == params["CertificateArn"]]
    if not found:
        return ErrorAnswer("ResourceNotFoundException", 400, "Could not find certificate")
    told = {k: v for k, v in _certificate(estate, found[0]).items() if k != "InUse"}
    return {"Certificate": {**told, "KeyAlgorithm": "RSA_2048", "InUseBy": [], "SignatureAlgorithm": "SHA256WITHRSA"}}


@table.on("dynamodb.describe_time_to_live")
def _time_to_live(estate: Estate, params: Params, context: Context) -> dict[str, Any]:
    return {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}
