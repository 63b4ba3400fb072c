"""Images and their scans, the patch state of instances, settings, and tags asked for one by one."""

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


@table.on("ecr.describe_repositories")
def _repositories(estate: Estate, params: Params, context: Context) -> Listing:
    host = f"{context.account}.dkr.ecr.{context.region}.amazonaws.com"
    return Listing(
        [
            {
                "repositoryArn": r.arn,
                "registryId": r.account,
                "repositoryName": r.name,
                "createdAt": r.created,
                "repositoryUri": f"{host}/{r.name}",
                "imageTagMutability": "IMMUTABLE",
                "imageScanningConfiguration": {"scanOnPush": True},
                "encryptionConfiguration": {"encryptionType": "AES256"},
            }
            for r in _here(estate, context, "AWS::ECR::Repository")
        ]
    )


@table.on("ssm.describe_instance_information")
def _managed(estate: Estate, params: Params, context: Context) -> Listing:
    told = {"PingStatus": "Online", "PlatformType": "Linux", "PlatformName": "Amazon Linux", "AgentVersion": "3.3"}
    found = _here(estate, context, "AWS::EC2::Instance")
    seen = {"LastPingDateTime": estate.now - timedelta(minutes=3), "ResourceType": "EC2Instance"}
    return Listing([{"InstanceId": r.id, "ComputerName": r.name, **told, **seen} for r in found], size=50)


def _patched(r: Resource) -> bool:
    return bool(r.traits["patched"])


@table.on("ssm.get_patch_baseline")
def _baseline(estate: Estate, params: Params, context: Context) -> dict[str, Any]:
    every = {"PatchFilterGroup": {"PatchFilters": [{"Key": "PRODUCT", "Values": ["*"]}]}, "ApproveAfterDays": 7}
    return {"BaselineId": params["BaselineId"], "ApprovalRules": {"PatchRules": [every]}}


@table.on("ssm.describe_instance_patch_states")
def _patch_states(estate: Estate, params: Params, context: Context) -> Listing:
    found = [r for r in _here(estate, context, "AWS::EC2::Instance") if r.id in params["InstanceIds"]]
    return Listing([_patch_state(estate, r) for r in found])


def _patch_state(estate: Estate, r: Resource) -> dict[str, Any]:
    lacking = 0 if _patched(r) else 7
    ran = {"OperationStartTime": estate.ago("20h"), "OperationEndTime": estate.ago("20h"), "Operation": "Scan"}
    told = {"InstanceId": r.id, "PatchGroup": "linux", "BaselineId": "pb-0123456789abcdef0", "FailedCount": 0}
    counts = {"InstalledCount": 140, "MissingCount": lacking, "CriticalNonCompliantCount": lacking}
    return {**told, **counts, **ran, "SecurityNonCompliantCount": lacking, "OtherNonCompliantCount": 0}


@table.on("ssm.describe_instance_patches")
def _patches(estate: Estate, params: Params, context: Context) -> Listing:
    found = [
        r for r in _here(estate, context, "AWS::EC2::Instance") if r.id == params["InstanceId"] and not _patched(r)
    ]
    told = {"Classification": "Security", "Severity": "Critical", "State": "Missing"}
    return Listing(
        [
            {"Title": f"openssl-{n}", "KBId": f"openssl-3.0.{n}", "InstalledTime": estate.ago("400d"), **told}
            for _ in found
            for n in range(7)
        ]
    )


@table.on("ssm.list_resource_compliance_summaries")
def _patch_summaries(estate: Estate, params: Params, context: Context) -> Listing:
    return Listing([_compliance(estate, r) for r in _here(estate, context, "AWS::EC2::Instance")], size=50)


def _compliance(estate: Estate, r: Resource) -> dict[str, Any]:
    lacking = 0 if _patched(r) else 7
    levels = {"CriticalCount": lacking, "HighCount": 0, "MediumCount": 0, "LowCount": 0}
    severity = {"SeveritySummary": {**levels, "InformationalCount": 0, "UnspecifiedCount": 0}}
    told = {"ComplianceType": "Patch", "ResourceType": "ManagedInstance", "ResourceId": r.id}
    state = {
        "Status": "NON_COMPLIANT" if lacking else "COMPLIANT",
        "OverallSeverity": "CRITICAL" if lacking else "UNSPECIFIED",
    }
    ran = {"ExecutionSummary": {"ExecutionTime": estate.ago("20h"), "ExecutionType": "Command"}}
    good = {"CompliantSummary": {"CompliantCount": 140, **severity}}
    bad = {"NonCompliantSummary": {"NonCompliantCount": lacking, **severity}}
    return {**told, **state, **ran, **good, **bad}


@table.on("ec2.get_instance_metadata_defaults")
def _metadata(estate: Estate, params: Params, context: Context) -> dict[str, Any]:
    return {"AccountLevel": {"HttpTokens": "required", "HttpPutResponseHopLimit": 2}}


@table.on("ec2.get_snapshot_block_public_access_state")
def _snapshot_block(estate: Estate, params: Params, context: Context) -> dict[str, Any]:
    return {"State": "block-all-sharing", "ManagedBy": "account"}


@table.on("rds.describe_db_snapshot_attributes")
def _snapshot_shared(estate: Estate, params: Params, context: Context) -> dict[str, Any]:
    told = [{"AttributeName": "restore", "AttributeValues": []}]
    name = params["DBSnapshotIdentifier"]
    return {"DBSnapshotAttributesResult": {"DBSnapshotIdentifier": name, "DBSnapshotAttributes": told}}


@table.on("rds.list_tags_for_resource")
def _database_tags(estate: Estate, params: Params, context: Context) -> dict[str, Any]:
    found = [r for r in estate.resources if r.arn == params["ResourceName"]]
    return {"TagList": [tag for r in found for tag in tags(r.tags)]}


@table.on("lambda.list_tags")
def _function_tags(estate: Estate, params: Params, context: Context) -> dict[str, Any]:
    return {"Tags": next((dict(r.tags) for r in estate.resources if r.arn == params["Resource"]), {})}


@table.on("acm.list_tags_for_certificate")
def _certificate_tags(estate: Estate, params: Params, context: Context) -> dict[str, Any]:
    found = [r for r in estate.resources if r.arn == params["CertificateArn"]]
    return {"Tags": [tag for r in found for tag in tags(r.tags)]}


@table.on("ecr.list_tags_for_resource")
def _repository_tags(estate: Estate, params: Params, context: Context) -> dict[str, Any]:
    found = [r for r in estate.resources if r.arn == params["resourceArn"]]
    return {"tags": [tag for r in found for tag in tags(r.tags)]}


@table.on("ecr.describe_images")
def _images(estate: Estate, params: Params, context: Context) -> Any:
    name = params["repositoryName"]
    if name not in [r.name for r in _here(estate, context, "AWS::ECR::Repository")]:
        return ErrorAnswer("RepositoryNotFoundException", 400, f"The repository with name '{name}' does not exist")
    told = {"registryId": context.account, "repositoryName": name, "imageSizeInBytes": 10**8}
    scan = {"imageScanStatus": {"status": "COMPLETE"}, "imageScanFindingsSummary": _scan(estate)}
    digests = [f"sha256:{name.encode().hex()[:62]:0<62}{n:02d}" for n in range(3)]
    pushed = [{"imagePushedAt": estate.ago(f"{10 * n + 5}d"), "imageTags": [f"v{3 - n}"]} for n in range(3)]
    return Listing([{**told, **scan, "imageDigest": d, **p} for d, p in zip(digests, pushed, strict=True)])


def _scan(estate: Estate) -> dict[str, Any]:
    when = {"imageScanCompletedAt": estate.ago("2d"), "vulnerabilitySourceUpdatedAt": estate.ago("2d")}
    return {**when, "findingSeverityCounts": {"HIGH": 1, "MEDIUM": 2}}


@table.on("ecr.describe_image_scan_findings")
def _image_findings(estate: Estate, params: Params, context: Context) -> dict[str, Any]:
    names = ("HIGH", "MEDIUM", "MEDIUM")
    found = [{"name": f"CVE-2026-2000{n}", "severity": s, "description": "openssl"} for n, s in enumerate(names)]
    told = {"registryId": context.account, "repositoryName": params["repositoryName"], "imageId": params["imageId"]}
    status = {"imageScanStatus": {"status": "COMPLETE"}}
    return {**told, **status, "imageScanFindings": {**_scan(estate), "findings": found}}


@table.on("ssm.get_service_setting")
def _setting(estate: Estate, params: Params, context: Context) -> dict[str, Any]:
    told = {"SettingId": params["SettingId"], "SettingValue": "default", "Status": "Default"}
    return {"ServiceSetting": {**told, "LastModifiedDate": estate.ago("400d")}}


@table.on("logs.start_query")
def _query(estate: Estate, params: Params, context: Context) -> dict[str, Any]:
    return {"queryId": "00000000-0000-4000-8000-000000000002"}


@table.on("logs.get_query_results")
def _query_results(estate: Estate, params: Params, context: Context) -> dict[str, Any]:
    return {"results": [], "status": "Complete", "statistics": {"recordsMatched": 0.0, "recordsScanned": 0.0}}
