"""What detective services say: GuardDuty, Security Hub, Inspector, Access Analyzer."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from tests.lab.aws.answers import Context
from tests.lab.aws.paging import Listing
from tests.lab.aws.table import Params, Table
from tests.lab.aws.wire import ErrorAnswer
from tests.lab.estate import Estate
from tests.lab.things import Finding

table = Table()
NUMBERS = {"LOW": 2.0, "MEDIUM": 5.0, "HIGH": 8.0, "CRITICAL": 9.5}
STANDARD = "arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0"


def _of(estate: Estate, context: Context, source: str) -> list[Finding]:
    place = (context.account, context.region, source)
    return [f for f in estate.findings if (f.account, f.region, f.source) == place]


def _detector(estate: Estate, context: Context) -> list[str]:
    absent = estate.off(estate.file["guardduty"]["absent"], context.account, context.region)
    return [] if absent else [f"{context.account}{context.region}".encode().hex()[:32]]


@table.on("guardduty.list_detectors")
def _detectors(estate: Estate, params: Params, context: Context) -> Listing:
    return Listing(_detector(estate, context))


@table.on("guardduty.get_detector")
def _get_detector(estate: Estate, params: Params, context: Context) -> dict[str, Any]:
    names = ("CLOUD_TRAIL", "DNS_LOGS", "FLOW_LOGS", "S3_DATA_EVENTS", "EKS_AUDIT_LOGS")
    features = [{"Name": n, "Status": "ENABLED", "UpdatedAt": estate.ago("300d")} for n in names]
    made = {"CreatedAt": f"{estate.ago('500d'):%Y-%m-%dT%H:%M:%S.000Z}", "ServiceRole": "arn:aws:iam::0:role/gd"}
    return {"Status": "ENABLED", "FindingPublishingFrequency": "SIX_HOURS", "Features": features, **made, "Tags": {}}


@table.on("guardduty.list_findings")
def _gd_ids(estate: Estate, params: Params, context: Context) -> Listing:
    return Listing([f.id for f in _of(estate, context, "guardduty")], size=50)


@table.on("guardduty.get_findings")
def _gd(estate: Estate, params: Params, context: Context) -> dict[str, Any]:
    asked = set(params["FindingIds"])
    return {"Findings": [_threat(f, params) for f in _of(estate, context, "guardduty") if f.id in asked]}


def _threat(f: Finding, params: Params) -> dict[str, Any]:
    arn = f"arn:aws:guardduty:{f.region}:{f.account}:detector/{params['DetectorId']}/finding/{f.id}"
    seen = {"Archived": f.state == "closed", "Count": 1, "DetectorId": params["DetectorId"], "ServiceName": "guardduty"}
    told = {"AccountId": f.account, "Arn": arn, "Id": f.id, "Region": f.region, "Type": f.type, "Title": f.title}
    what = {"ResourceType": "Instance", "InstanceDetails": {"InstanceId": f.resource.rsplit("/", 1)[-1]}}
    when = {"CreatedAt": _iso(f.created), "UpdatedAt": _iso(f.updated), "SchemaVersion": "2.0", "Partition": "aws"}
    return {**told, **when, "Severity": NUMBERS[f.severity], "Resource": what, "Service": seen, "Description": f.title}


def _iso(at: Any) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S.000Z}"


@table.on("securityhub.describe_hub")
def _hub(estate: Estate, params: Params, context: Context) -> dict[str, Any]:
    arn = f"arn:aws:securityhub:{context.region}:{context.account}:hub/default"
    return {"HubArn": arn, "SubscribedAt": _iso(estate.ago("500d")), "AutoEnableControls": True}


@table.on("securityhub.get_enabled_standards")
def _standards(estate: Estate, params: Params, context: Context) -> Listing:
    arn = f"arn:aws:securityhub:{context.region}:{context.account}:subscription/cis-aws-foundations-benchmark/v/1.2.0"
    told = {"StandardsSubscriptionArn": arn, "StandardsArn": STANDARD, "StandardsInput": {}, "StandardsStatus": "READY"}
    return Listing([told])


@table.on("securityhub.describe_standards_controls")
def _controls(estate: Estate, params: Params, context: Context) -> Listing:
    off = estate.file.get("controls_off") or ()
    here = [o["control"] for o in off if estate.off([o], context.account, context.region)]
    severities = {"IAM.6": "CRITICAL", "EC2.8": "HIGH", "S3.9": "MEDIUM", "ELB.1": "LOW"}
    place = f"arn:aws:securityhub:{context.region}:{context.account}:control/cis-aws-foundations-benchmark/v/1.2.0"
    return Listing([
        {"StandardsControlArn": f"{place}/{name}", "ControlId": name, "SeverityRating": severity, "Title": name,
         "ControlStatus": "DISABLED" if name in here else "ENABLED"}
        for name, severity in severities.items()
    ])


@table.on("securityhub.get_findings")
def _hub_findings(estate: Estate, params: Params, context: Context) -> Listing:
    told = [_posture(f, estate.ago("9h")) for f in _of(estate, context, "securityhub")]
    if params.get("SortCriteria"):
        told.sort(key=lambda one: str(one["UpdatedAt"]), reverse=True)
    return Listing(told, size=100)


def _posture(f: Finding, checked: datetime) -> dict[str, Any]:
    product = f"arn:aws:securityhub:{f.region}::product/aws/securityhub"
    told = {"SchemaVersion": "2018-10-08", "Id": f"{product}/finding/{f.id}", "ProductArn": product, "Title": f.title}
    who = {"AwsAccountId": f.account, "Region": f.region, "GeneratorId": f.type, "ProductName": "Security Hub"}
    done = f.state == "closed"
    renewed = f.updated if done else checked  # what still fails is told again once a day
    when = {"CreatedAt": _iso(f.created), "UpdatedAt": _iso(renewed), "FirstObservedAt": _iso(f.created)}
    state = {"RecordState": "ARCHIVED" if done else "ACTIVE", "Workflow": {"Status": "RESOLVED" if done else "NEW"}}
    what = {
        "Resources": [{"Type": "AwsEc2Instance", "Id": f.resource, "Region": f.region}],
        "Types": ["Software Checks"],
    }
    judged = {"Status": "PASSED" if done else "FAILED", "SecurityControlId": f.type}
    return {
        **told,
        **who,
        **when,
        **state,
        **what,
        "Severity": {"Label": f.severity},
        "Compliance": judged,
        "Description": f.title,
    }


@table.on("inspector2.batch_get_account_status")
def _inspector(estate: Estate, params: Params, context: Context) -> dict[str, Any]:
    on = {"status": "ENABLED", "errorCode": "ACCESS_DENIED", "errorMessage": ""}
    states = {"ec2": on, "ecr": on, "lambda": {**on, "status": "DISABLED"}}
    told = {"accountId": context.account, "state": on, "resourceState": states}
    return {"accounts": [told], "failedAccounts": []}


@table.on("inspector2.list_findings")
def _vulnerabilities(estate: Estate, params: Params, context: Context) -> Listing:
    return Listing([_vulnerability(f) for f in _of(estate, context, "inspector")], size=100)


def _vulnerability(f: Finding) -> dict[str, Any]:
    arn = f"arn:aws:inspector2:{f.region}:{f.account}:finding/{f.id}"
    what = {"type": "AWS_EC2_INSTANCE", "id": f.resource.rsplit("/", 1)[-1], "region": f.region}
    package = {"name": "openssl", "version": "3.0.2", "fixedInVersion": "3.0.13"}
    detail = {"vulnerabilityId": f.type, "source": "NVD", "vulnerablePackages": [package], "cvss": []}
    when = {"firstObservedAt": f.created, "lastObservedAt": f.updated, "updatedAt": f.updated}
    state = {"status": "CLOSED" if f.state == "closed" else "ACTIVE", "severity": f.severity, "fixAvailable": "YES"}
    told = {"findingArn": arn, "awsAccountId": f.account, "type": "PACKAGE_VULNERABILITY", "description": f.title}
    advice = {"recommendation": {"text": "Update the package"}, "title": f.title, "inspectorScore": NUMBERS[f.severity]}
    return {**told, **when, **state, **advice, "resources": [what], "packageVulnerabilityDetails": detail}


@table.on("inspector2.list_coverage")
def _coverage(estate: Estate, params: Params, context: Context) -> Listing:
    scan = {"statusCode": "ACTIVE", "reason": "SUCCESSFUL"}
    return Listing(
        [
            {
                "resourceType": "AWS_EC2_INSTANCE",
                "resourceId": r.id,
                "accountId": r.account,
                "scanType": "PACKAGE",
                "scanStatus": scan,
                "lastScannedAt": estate.ago("1d"),
            }
            for r in estate.of("AWS::EC2::Instance", context.account, context.region)
        ]
    )


@table.on("inspector2.list_coverage_statistics")
def _coverage_totals(estate: Estate, params: Params, context: Context) -> dict[str, Any]:
    total = len(estate.of("AWS::EC2::Instance", context.account, context.region))
    return {"totalCounts": total, "countsByGroup": []}


def _analyzers_of(estate: Estate, context: Context) -> list[dict[str, Any]]:
    """Return the analyzers, which live in the home region."""
    if context.region != estate.file["home_region"]:
        return []
    name = next(a.name for a in estate.accounts if a.id == context.account)
    kinds = (("external", "ACCOUNT"), ("unused", "ACCOUNT_UNUSED_ACCESS"))
    held = [(kind, told) for kind, told in kinds if name in estate.file["analyzers"][kind]]
    place = f"arn:aws:access-analyzer:{context.region}:{context.account}:analyzer"
    made = {"createdAt": estate.ago("600d"), "status": "ACTIVE", "tags": {}, "lastResourceAnalyzedAt": estate.ago("2h")}
    return [{"arn": f"{place}/{kind}", "name": kind, "type": told, **made} for kind, told in held]


@table.on("accessanalyzer.list_analyzers")
def _analyzers(estate: Estate, params: Params, context: Context) -> Listing:
    kind = params.get("type")
    return Listing([a for a in _analyzers_of(estate, context) if kind in (None, a["type"])])


@table.on("accessanalyzer.list_findings_v2")
def _access(estate: Estate, params: Params, context: Context) -> Listing:
    external = params["analyzerArn"].endswith("/external")
    return Listing([_access_finding(f) for f in _of(estate, context, "access-analyzer") if external])


def _access_finding(f: Finding) -> dict[str, Any]:
    when = {"createdAt": f.created, "updatedAt": f.updated, "analyzedAt": f.updated}
    told = {"id": f.id, "status": f.state, "resourceType": f.resource_type, "resourceOwnerAccount": f.account}
    return {**told, **when, "resource": f.resource, "findingType": f.type}


@table.on("accessanalyzer.get_finding_v2")
def _access_detail(estate: Estate, params: Params, context: Context) -> Any:
    found = next((f for f in _of(estate, context, "access-analyzer") if f.id == params["id"]), None)
    if found is None:
        return ErrorAnswer("ResourceNotFoundException", 404, "Finding not found")
    detail = {"action": ["s3:GetObject"], "isPublic": found.resource_type == "AWS::S3::Bucket", "condition": {}}
    return {
        **_access_finding(found),
        "findingDetails": [{"externalAccessDetails": {**detail, "principal": {"AWS": "*"}}}],
    }


@table.on("accessanalyzer.get_findings_statistics")
def _access_totals(estate: Estate, params: Params, context: Context) -> dict[str, Any]:
    external = params["analyzerArn"].endswith("/external")
    states = Counter(f.state for f in _of(estate, context, "access-analyzer") if external)
    told = {
        "totalActiveFindings": states["ACTIVE"],
        "totalResolvedFindings": states["RESOLVED"],
        "totalArchivedFindings": 0,
    }
    kind = "externalAccessFindingsStatistics" if external else "unusedAccessFindingsStatistics"
    return {"findingsStatistics": [{kind: told}], "lastUpdatedAt": estate.now}
