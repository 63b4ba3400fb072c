"""What is served is the estate: read back by boto3 and compared with the file's own values."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.lab.aws.lab import Lab
from tests.lab.estate import Estate

NOW = datetime(2026, 11, 24, tzinfo=UTC)
HOME, AWAY = "eu-central-1", "us-east-1"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(Estate.load(now=NOW)) as served:
        yield served


def account(lab: Lab, name: str) -> str:
    return lab.estate.account(name).id


def listed(client: Any, operation: str, key: str, **params: Any) -> list[Any]:
    return [item for page in client.get_paginator(operation).paginate(**params) for item in page.get(key, [])]


def test_restore_jobs(lab: Lab) -> None:
    backup = lab.double.client("backup", account(lab, "production"), HOME)
    jobs = listed(backup, "list_restore_jobs", "RestoreJobs")
    meant = [j for j in lab.estate.restore_jobs if (j.account, j.region) == (account(lab, "production"), HOME)]
    assert {(j["RestoreJobId"], j["Status"], j.get("ValidationStatus", "")) for j in jobs} == {
        (j.id, j.state, j.validated) for j in meant
    }
    start, end = datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC)
    assert listed(backup, "list_restore_jobs", "RestoreJobs", ByCreatedAfter=start, ByCreatedBefore=end) == []


def test_backup_jobs_are_kept_for_thirty_days_only(lab: Lab) -> None:
    backup = lab.double.client("backup", account(lab, "production"), HOME)
    jobs = listed(backup, "list_backup_jobs", "BackupJobs")
    since = NOW - timedelta(days=30)
    meant = [j for j in lab.estate.backup_jobs if (j.account, j.region) == (account(lab, "production"), HOME)]
    assert {j["BackupJobId"] for j in jobs} == {j.id for j in meant if j.at >= since}
    assert len(meant) > 5 * len(jobs)


def test_users_and_their_credential_report(lab: Lab) -> None:
    iam = lab.double.client("iam", account(lab, "production"), AWAY)
    meant = {u.name: u for u in lab.estate.users if u.account == account(lab, "production")}
    users = listed(iam, "list_users", "Users")
    assert {(u["UserName"], u["CreateDate"]) for u in users} == {(u.name, u.created) for u in meant.values()}
    iam.generate_credential_report()
    rows = list(csv.DictReader(io.StringIO(iam.get_credential_report()["Content"].decode())))
    assert {r["user"]: r["mfa_active"] == "true" for r in rows[1:]} == {u.name: u.mfa for u in meant.values()}
    assert (rows[0]["user"], rows[0]["mfa_active"]) == ("<root_account>", "true")
    details = list(iam.get_paginator("get_account_authorization_details").paginate())
    assert sum(len(page["RoleDetailList"]) for page in details) == len(
        [r for r in lab.estate.roles if r.account == account(lab, "production")]
    )


def test_events_by_exact_windows(lab: Lab) -> None:
    trail = lab.double.client("cloudtrail", account(lab, "production"), AWAY)
    place = (account(lab, "production"), AWAY)
    meant = [e for e in lab.estate.events if (e.account, e.region) == place]
    start, end = NOW - timedelta(days=3), NOW - timedelta(days=2)
    events = listed(trail, "lookup_events", "Events", StartTime=start, EndTime=end)
    assert [e["EventId"] for e in events] == [e.id for e in reversed(meant) if start <= e.at <= end]
    login = next(e for e in events if e["Username"] == "root")
    assert json.loads(login["CloudTrailEvent"])["userIdentity"]["type"] == "Root"


def test_buckets_live_in_moto_with_their_dates_and_faults(lab: Lab) -> None:
    s3 = lab.double.client("s3", account(lab, "production"), HOME)
    meant = {
        r.name: r
        for r in lab.estate.resources
        if r.arn.startswith("arn:aws:s3") and r.account == account(lab, "production")
    }
    found = {b["Name"]: b["CreationDate"] for b in s3.list_buckets()["Buckets"]}
    assert found == {name: bucket.created.replace(microsecond=0) for name, bucket in meant.items()}
    assert s3.get_bucket_policy_status(Bucket="nordwind-website")["PolicyStatus"]["IsPublic"] is True
    logged = next(r.name for r in meant.values() if r.traits["logging"] and not r.traits["denied"])
    assert s3.get_bucket_logging(Bucket=logged)["LoggingEnabled"]["TargetBucket"] == "nordwind-access-logs"
    assert "LoggingEnabled" not in s3.get_bucket_logging(Bucket="nordwind-website")
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.get_bucket_policy_status(Bucket="nordwind-hr-vault")


def test_instances_keys_and_flow_logs_live_in_moto(lab: Lab) -> None:
    for name, region in (("production", HOME), ("development", AWAY)):
        ec2 = lab.double.client("ec2", account(lab, name), region)
        machines = [i for r in listed(ec2, "describe_instances", "Reservations") for i in r["Instances"]]
        meant = lab.estate.of("AWS::EC2::Instance", account(lab, name), region)
        assert {(i["InstanceId"], i["LaunchTime"]) for i in machines} == {
            (r.id, r.created.replace(microsecond=0)) for r in meant
        }
        assert {i["InstanceId"]: {t["Key"]: t["Value"] for t in i.get("Tags", [])} for i in machines} == {
            r.id: dict(r.tags) for r in meant
        }
        kept = ec2.describe_flow_logs()["FlowLogs"]
        assert len(kept) == (0 if name == "development" else 1)
        kms = lab.double.client("kms", account(lab, name), region)
        assert {
            k["KeyId"]: kms.get_key_rotation_status(KeyId=k["KeyId"])["KeyRotationEnabled"]
            for k in kms.list_keys()["Keys"]
        } == {r.id: r.traits["rotation"] for r in lab.estate.of("AWS::KMS::Key", account(lab, name), region)}


def test_the_tagging_api_never_saw_the_untagged(lab: Lab) -> None:
    tagging = lab.double.client("resourcegroupstaggingapi", account(lab, "production"), AWAY)
    seen = {m["ResourceARN"] for m in listed(tagging, "get_resources", "ResourceTagMappingList")}
    place = (account(lab, "production"), AWAY)
    meant = [r for r in lab.estate.resources if (r.account, r.region) == place]
    assert seen == {r.arn for r in meant if r.tags}
    assert len(seen) < len(meant)
    config = lab.double.client("config", *place)
    counts = config.get_discovered_resource_counts()
    assert counts["totalDiscoveredResources"] == len(meant)


def test_the_organization_forbids_backup_in_one_region(lab: Lab) -> None:
    backup = lab.double.client("backup", account(lab, "development"), AWAY)
    with pytest.raises(ClientError, match="explicit deny in a service control policy"):
        backup.list_backup_jobs()
    assert lab.double.client("backup", account(lab, "development"), HOME).list_backup_jobs()["BackupJobs"] == []


def test_assignments_and_memberships(lab: Lab) -> None:
    sso = lab.double.client("sso-admin", account(lab, "management"), HOME)
    instance = sso.list_instances()["Instances"][0]
    sets = listed(sso, "list_permission_sets", "PermissionSets", InstanceArn=instance["InstanceArn"])
    told = [
        (a["AccountId"], a["PrincipalType"])
        for arn in sets
        for number in listed(
            sso,
            "list_accounts_for_provisioned_permission_set",
            "AccountIds",
            InstanceArn=instance["InstanceArn"],
            PermissionSetArn=arn,
        )
        for a in listed(
            sso,
            "list_account_assignments",
            "AccountAssignments",
            InstanceArn=instance["InstanceArn"],
            AccountId=number,
            PermissionSetArn=arn,
        )
    ]
    assert sorted(told) == sorted((a.account, a.principal_type) for a in lab.estate.assignments)
    store = lab.double.client("identitystore", account(lab, "management"), HOME)
    assert len(listed(store, "list_users", "Users", IdentityStoreId=instance["IdentityStoreId"])) == len(
        lab.estate.people
    )
    with pytest.raises(ClientError, match="AccessDeniedException"):
        lab.double.client("organizations", account(lab, "production"), AWAY).list_accounts()


@pytest.mark.parametrize("name", ["management", "production", "development"])
def test_roles_can_be_assumed_in_every_account(lab: Lab, name: str) -> None:
    sts = lab.double.client("sts", account(lab, "management"), AWAY)
    given = sts.assume_role(RoleArn=f"arn:aws:iam::{account(lab, name)}:role/annexa", RoleSessionName="lab")
    assert lab.double.account_of(given["Credentials"]["AccessKeyId"]) == account(lab, name)


def test_findings(lab: Lab) -> None:
    place = (account(lab, "production"), HOME)
    hub = listed(lab.double.client("securityhub", *place), "get_findings", "Findings")
    inspector = listed(lab.double.client("inspector2", *place), "list_findings", "findings")
    guard = lab.double.client("guardduty", *place)
    detector = guard.list_detectors()["DetectorIds"][0]
    ids = listed(guard, "list_findings", "FindingIds", DetectorId=detector)
    told = guard.get_findings(DetectorId=detector, FindingIds=ids)["Findings"]
    counts = {"securityhub": len(hub), "inspector": len(inspector), "guardduty": len(told)}
    for source, count in counts.items():
        assert count == sum((f.account, f.region, f.source) == (*place, source) for f in lab.estate.findings) > 0
    analyzer = lab.double.client("accessanalyzer", *place)
    arn = next(a["arn"] for a in analyzer.list_analyzers()["analyzers"] if a["type"] == "ACCOUNT")
    found = listed(analyzer, "list_findings_v2", "findings", analyzerArn=arn)
    assert sum(f["status"] == "ACTIVE" for f in found) == 2
