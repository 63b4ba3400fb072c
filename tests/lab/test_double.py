"""The double is judged by the real SDK: what boto3 reads is what was scripted, in every protocol."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    IncompleteReadError,
    PaginationError,
    ReadTimeoutError,
    ResponseStreamingError,
)
from botocore.parsers import ResponseParserError

from tests.lab.aws import faults
from tests.lab.aws.answers import Context, Pages
from tests.lab.aws.double import ACCOUNT, Double
from tests.lab.aws.faults import Fault
from tests.lab.aws.paging import Listing, paging
from tests.lab.aws.wire import ErrorAnswer

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
HOSTILE = "ü <&> \"' \u202e 🔑 \\ %2F"


@pytest.fixture
def double() -> Iterator[Double]:
    with Double() as served:
        yield served


# One operation of each protocol and each special case of routing: pages of boto3's own names.
PAGED: list[tuple[str, str, str, list[Any]]] = [
    ("iam", "list_users", "Users", [{"UserName": HOSTILE, "Path": "/", "UserId": "A", "Arn": "a", "CreateDate": NOW}]),
    ("rds", "describe_db_instances", "DBInstances", [{"DBInstanceIdentifier": "d", "StorageEncrypted": True}]),
    ("ec2", "describe_volumes", "Volumes", [{"VolumeId": "v", "Encrypted": False, "CreateTime": NOW}]),
    ("cloudtrail", "lookup_events", "Events", [{"EventId": "e", "EventTime": NOW, "Username": HOSTILE}]),
    ("logs", "describe_log_groups", "logGroups", [{"logGroupName": HOSTILE, "retentionInDays": 7}]),
    ("backup", "list_restore_jobs", "RestoreJobs", [{"RestoreJobId": "r", "CreationDate": NOW, "Status": "FAILED"}]),
    ("accessanalyzer", "list_analyzers", "analyzers", [{"name": "a", "arn": "x", "createdAt": NOW}]),
    ("resourcegroupstaggingapi", "get_resources", "ResourceTagMappingList", [{"ResourceARN": HOSTILE}]),
    ("cloudwatch", "describe_alarms", "MetricAlarms", [{"AlarmName": HOSTILE, "Threshold": 1.5}]),
    ("sso-admin", "list_instances", "Instances", [{"InstanceArn": "i", "CreatedDate": NOW}]),
    ("elbv2", "describe_load_balancers", "LoadBalancers", [{"LoadBalancerArn": "l", "CreatedTime": NOW}]),
    ("elb", "describe_load_balancers", "LoadBalancerDescriptions", [{"LoadBalancerName": "l"}]),
    ("route53", "list_hosted_zones", "HostedZones", [{"Id": "z", "Name": "n.", "CallerReference": "c"}]),
    ("opensearch", "describe_inbound_connections", "Connections", [{"ConnectionId": "c"}]),
    ("efs", "describe_file_systems", "FileSystems", [{"FileSystemId": "f", "Encrypted": True}]),
    ("organizations", "list_accounts", "Accounts", [{"Id": "1", "Name": HOSTILE, "JoinedTimestamp": NOW}]),
    ("guardduty", "list_detectors", "DetectorIds", ["d1"]),
    ("network-firewall", "list_firewalls", "Firewalls", [{"FirewallName": "f"}]),
]


@pytest.mark.parametrize(("service", "operation", "key", "items"), PAGED, ids=[f"{p[0]}.{p[1]}" for p in PAGED])
def test_what_was_scripted_is_what_the_sdk_reads(
    double: Double, service: str, operation: str, key: str, items: list[Any]
) -> None:
    double.script({f"{service}.{operation}": [{key: items}, {key: items}, {key: items}]})
    client = double.client(service)
    model = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[operation]).name
    style = paging(service, model)
    got: list[Any] = []
    params: dict[str, Any] = {}
    for _ in range(3):
        answer = getattr(client, operation)(**params)
        got += answer[key]
        params = {i: answer[o] for i, o in zip(style.inputs, style.outputs, strict=True) if answer.get(o)}
    assert got == items * 3
    assert params == {}
    assert [call.page for call in double.calls] == [1, 2, 3]


def test_s3_objects_versions_and_control(double: Double) -> None:
    contents = [{"Key": f"k/{n} ü", "Size": n, "LastModified": NOW} for n in range(3)]
    double.script({"s3.list_objects_v2": [{"Contents": contents[:2]}, {"Contents": contents[2:]}]})
    block = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
    double.script({"s3control.get_public_access_block": {"PublicAccessBlockConfiguration": block}})
    pages = double.client("s3").get_paginator("list_objects_v2").paginate(Bucket="b")
    assert [(o["Key"], o["Size"], o["LastModified"]) for page in pages for o in page["Contents"]] == [
        (f"k/{n} ü", n, NOW) for n in range(3)
    ]
    control = double.client("s3control").get_public_access_block(AccountId=ACCOUNT)
    assert control["PublicAccessBlockConfiguration"] == block
    assert double.called("s3control.get_public_access_block", AccountId=ACCOUNT)


def test_listing_obeys_the_limit_of_the_request(double: Double) -> None:
    users = [{"UserName": f"u{n}", "Path": "/", "UserId": str(n), "Arn": "a", "CreateDate": NOW} for n in range(25)]
    double.handle("iam.list_users", lambda _params, _context: Listing(users, size=10))
    iam = double.client("iam")
    pages = list(iam.get_paginator("list_users").paginate())
    assert [(len(page["Users"]), page["IsTruncated"]) for page in pages] == [(10, True), (10, True), (5, False)]
    assert len(iam.list_users(MaxItems=3)["Users"]) == 3


def test_handlers_see_parameters_account_and_region(double: Double) -> None:
    seen: list[tuple[dict[str, Any], str, str]] = []

    def handler(params: dict[str, Any], context: Context) -> dict[str, Any]:
        seen.append((params, context.account, context.region))
        return {"RestoreJobId": params["RestoreJobId"], "Metadata": {"newName": "x"}}

    double.handle("backup.get_restore_job_metadata", handler)
    answer = double.client("backup", region="eu-west-1").get_restore_job_metadata(RestoreJobId="r/1 ü")
    assert answer["RestoreJobId"] == "r/1 ü"
    assert seen == [({"RestoreJobId": "r/1 ü"}, ACCOUNT, "eu-west-1")]


def test_most_specific_script_wins() -> None:
    keys = {"AKIAONE": "111111111111", "AKIATWO": "222222222222"}
    with Double(accounts=keys) as double:
        double.script({"kms.list_keys": {"Keys": [{"KeyId": "all"}]}})
        double.script({"kms.list_keys": {"Keys": [{"KeyId": "two"}]}}, account="222222222222")
        double.script({"kms.list_keys": {"Keys": [{"KeyId": "two-eu"}]}}, account="222222222222", region="eu-west-1")
        places = [("111111111111", "us-east-1"), ("222222222222", "us-east-1"), ("222222222222", "eu-west-1")]
        got = [double.client("kms", a, r).list_keys()["Keys"][0]["KeyId"] for a, r in places]
        assert got == ["all", "two", "two-eu"]
        with pytest.raises(ClientError, match="UnrecognizedClientException"):
            double.client("kms", "333333333333").list_keys()


def test_a_retried_page_answers_the_same_and_a_foreign_token_is_refused(double: Double) -> None:
    double.script({"backup.list_backup_jobs": [{"BackupJobs": [{"BackupJobId": str(n)}]} for n in range(3)]})
    backup = double.client("backup")
    token = backup.list_backup_jobs()["NextToken"]
    twice = [backup.list_backup_jobs(NextToken=token)["BackupJobs"] for _ in range(2)]
    assert twice == [[{"BackupJobId": "1"}]] * 2
    with pytest.raises(ClientError, match="InvalidNextToken"):
        backup.list_backup_jobs(NextToken="foreign")
    double.script({"backup.list_backup_plans": [{"BackupPlansList": []}]})
    with pytest.raises(ClientError, match="InvalidNextToken"):
        backup.list_backup_plans(NextToken=token)


def test_operations_without_token_answer_call_by_call(double: Double) -> None:
    double.script({"iam.generate_credential_report": [{"State": "STARTED"}, {"State": "COMPLETE"}]})
    iam = double.client("iam")
    assert [iam.generate_credential_report()["State"] for _ in range(3)] == ["STARTED", "COMPLETE", "COMPLETE"]


def test_page_that_is_an_error(double: Double) -> None:
    pages: Pages = [{"Users": []}, ErrorAnswer("ServiceFailure", 400, "no")]
    double.script({"iam.list_users": pages})
    iam = double.client("iam")
    marker = iam.list_users()["Marker"]
    for _ in range(2):
        with pytest.raises(ClientError, match="ServiceFailure"):
            iam.list_users(Marker=marker)


def test_unserved_operations_say_so(double: Double) -> None:
    with pytest.raises(ClientError, match=r"drs\.describe_jobs has no answer here"):
        double.client("drs").describe_jobs()
    assert double.unserved == ["drs.describe_jobs"]


SERVED: dict[str, Pages] = {
    "s3.list_buckets": {"Buckets": []},
    "ec2.describe_volumes": {"Volumes": []},
    "iam.list_users": {"Users": []},
    "backup.list_backup_jobs": {"BackupJobs": []},
    "config.describe_config_rules": {"ConfigRules": []},
    "s3control.list_access_points": {"AccessPointList": []},
}
ERRORS: list[tuple[Fault, dict[str, tuple[str, int]]]] = [
    (
        faults.throttle(),
        {
            "s3": ("SlowDown", 503),
            "ec2": ("RequestLimitExceeded", 503),
            "iam": ("Throttling", 400),
            "backup": ("TooManyRequestsException", 429),
            "config": ("ThrottlingException", 400),
        },
    ),
    (
        faults.denied_by_scp(),
        {
            "s3": ("AccessDenied", 403),
            "s3control": ("AccessDenied", 403),
            "ec2": ("UnauthorizedOperation", 403),
            "iam": ("AccessDenied", 403),
            "backup": ("AccessDeniedException", 403),
            "config": ("AccessDeniedException", 400),
        },
    ),
    (
        faults.expired_credentials(),
        {
            "s3": ("ExpiredToken", 400),
            "ec2": ("RequestExpired", 400),
            "iam": ("ExpiredToken", 403),
            "backup": ("ExpiredTokenException", 403),
            "config": ("ExpiredTokenException", 400),
        },
    ),
    (
        faults.region_not_enabled(),
        {
            "ec2": ("AuthFailure", 401),
            "iam": ("InvalidClientTokenId", 403),
            "backup": ("UnrecognizedClientException", 403),
            "config": ("UnrecognizedClientException", 400),
        },
    ),
    (faults.opt_in_required(), {"ec2": ("OptInRequired", 403)}),
    (faults.subscription_required(), {"backup": ("SubscriptionRequiredException", 400)}),
    (faults.unavailable(), {"iam": ("ServiceUnavailable", 503), "backup": ("ServiceUnavailable", 503)}),
    (faults.broken(), {"ec2": ("InternalFailure", 500), "config": ("InternalFailure", 500)}),
    (faults.clock_skew(), {"s3": ("RequestTimeTooSkewed", 403), "backup": ("RequestTimeTooSkewed", 403)}),
    (faults.expired_page_token(), {"config": ("InvalidNextTokenException", 400)}),
]


@pytest.mark.parametrize(
    ("fault", "service", "code", "status"),
    [(f, s, c, n) for f, by in ERRORS for s, (c, n) in by.items()],
    ids=[f"{f.name}-{s}" for f, by in ERRORS for s in by],
)
def test_errors_come_in_the_shape_of_the_service(
    double: Double, fault: Fault, service: str, code: str, status: int
) -> None:
    name = next(n for n in SERVED if n.startswith(f"{service}."))
    double.script({name: SERVED[name]})
    params = {"AccountId": ACCOUNT} if service == "s3control" else {}
    if fault.name == "expired page token":
        name, params = "config.describe_compliance_by_config_rule", {}
    double.fault(name, fault)
    with pytest.raises(ClientError) as caught:
        getattr(double.client(service), name.split(".")[1])(**params)
    answer = caught.value.response
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)
    if fault.name == "denied":
        assert "with an explicit deny in a service control policy" in answer["Error"]["Message"]


def test_throttled_n_times_then_answered(double: Double) -> None:
    double.script({"backup.list_backup_jobs": {"BackupJobs": [{"BackupJobId": "b"}]}})
    double.fault("backup.*", faults.throttle(times=2, retry_after=0))
    client = double.client("backup", retries={"mode": "standard", "max_attempts": 3})
    answer = client.list_backup_jobs()
    assert answer["BackupJobs"] == [{"BackupJobId": "b"}]
    assert answer["ResponseMetadata"]["RetryAttempts"] == 2
    assert len(double.calls) == 3


def test_faults_strike_where_they_are_aimed(double: Double) -> None:
    double.script({"backup.list_backup_jobs": [{"BackupJobs": []}] * 3, "kms.list_keys": {"Keys": []}})
    double.fault("backup.list_backup_jobs", faults.denied(), page=2, region="eu-west-1")
    west, east = double.client("backup", region="eu-west-1"), double.client("backup", region="us-east-1")
    assert len(list(east.get_paginator("list_backup_jobs").paginate())) == 3
    token = west.list_backup_jobs()["NextToken"]
    with pytest.raises(ClientError, match="AccessDeniedException"):
        west.list_backup_jobs(NextToken=token)
    double.fault("kms.list_keys", faults.broken(), request=2)
    kms = double.client("kms")
    kms.list_keys()
    with pytest.raises(ClientError, match="InternalFailure"):
        kms.list_keys()
    kms.list_keys()


def test_fault_on_parameters(double: Double) -> None:
    double.script({"s3.get_bucket_acl": {"Owner": {"ID": "o"}, "Grants": []}})
    double.fault("s3.get_bucket_acl", faults.denied(), where={"Bucket": "closed"})
    s3 = double.client("s3")
    assert s3.get_bucket_acl(Bucket="open")["Grants"] == []
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.get_bucket_acl(Bucket="closed")


def test_pages_out_of_order(double: Double) -> None:
    pages = [{"RestoreJobs": [{"RestoreJobId": str(n)}]} for n in range(3)]
    double.script({"backup.list_restore_jobs": pages})
    read = double.client("backup").get_paginator("list_restore_jobs").paginate

    def ids() -> list[list[str]]:
        return [[job["RestoreJobId"] for job in page.get("RestoreJobs", [])] for page in read()]

    double.fault("backup.list_restore_jobs", faults.empty_page(), page=2)
    assert ids() == [["0"], [], ["1"], ["2"]]
    double.fault("backup.list_restore_jobs", faults.repeated_page(), page=2)
    assert ids() == [["0"], ["0"], ["1"], ["2"]]
    double.fault("backup.list_restore_jobs", faults.repeated_token(), page=2)
    with pytest.raises(PaginationError, match="same next token"):
        ids()


def test_bytes_spoilt(double: Double) -> None:
    double.script({"backup.list_restore_jobs": {"RestoreJobs": [{"RestoreJobId": "r" * 4000}]}})
    double.fault("backup.list_restore_jobs", faults.cut(), request=1)
    double.fault("backup.list_restore_jobs", faults.truncated(), request=2)
    double.fault("backup.list_restore_jobs", faults.rubbish(), request=3)
    double.fault("backup.list_restore_jobs", faults.huge(10_000_000), request=4)
    double.fault("backup.list_restore_jobs", faults.slow(1.5), request=5)
    backup = double.client("backup")
    with pytest.raises((ConnectionClosedError, IncompleteReadError, ResponseStreamingError)):
        backup.list_restore_jobs()
    # The SDK takes a JSON body that was cut short for an answer without any member.
    assert "RestoreJobs" not in backup.list_restore_jobs()
    with pytest.raises(UnicodeDecodeError):
        backup.list_restore_jobs()
    huge = backup.list_restore_jobs()
    assert int(huge["ResponseMetadata"]["HTTPHeaders"]["content-length"]) > 10_000_000
    assert len(huge["RestoreJobs"]) == 1
    with pytest.raises(ReadTimeoutError):
        double.client("backup", read_timeout=1).list_restore_jobs()


def test_spoilt_xml_is_an_error_of_the_sdk(double: Double) -> None:
    double.script({"iam.list_users": {"Users": [{"UserName": "u" * 4000, "Path": "/", "UserId": "A", "Arn": "a"}]}})
    for fault in (faults.truncated(), faults.rubbish()):
        double.fault("iam.list_users", fault)
        with pytest.raises(ResponseParserError):
            double.client("iam").list_users()


def test_assumed_roles_live_in_the_account_of_the_role() -> None:
    keys = {"AKIALAB": "111111111111", "AKIAOTHER": "222222222222"}
    with Double(accounts=keys) as double:
        double.script({"kms.list_keys": {"Keys": []}})
        sts = double.client("sts", "111111111111")
        assert sts.get_caller_identity()["Arn"] == "arn:aws:iam::111111111111:user/lab"
        role = "arn:aws:iam::222222222222:role/annexa"
        given = sts.assume_role(RoleArn=role, RoleSessionName="lab")
        assert double.account_of(given["Credentials"]["AccessKeyId"]) == "222222222222"
        assert given["AssumedRoleUser"]["Arn"] == "arn:aws:sts::222222222222:assumed-role/annexa/lab"
        with pytest.raises(ClientError, match="AccessDenied"):
            sts.assume_role(RoleArn="arn:aws:iam::999999999999:role/annexa", RoleSessionName="lab")


def test_revoked_keys_are_expired() -> None:
    with Double(accounts={"AKIAKEY": ACCOUNT}) as double:
        double.script({"kms.list_keys": {"Keys": []}})
        kms = double.client("kms")
        kms.list_keys()
        double.revoked.add("AKIAKEY")
        with pytest.raises(ClientError, match="ExpiredToken"):
            kms.list_keys()


def test_what_is_not_scripted_falls_through_to_another_server() -> None:
    with Double() as behind, Double(fallthrough=behind.url) as front:
        behind.script({"kms.list_keys": {"Keys": [{"KeyId": "behind"}]}})
        front.script({"kms.list_aliases": {"Aliases": [{"AliasName": "front"}]}})
        kms = front.client("kms")
        assert kms.list_keys()["Keys"] == [{"KeyId": "behind"}]
        assert kms.list_aliases()["Aliases"] == [{"AliasName": "front"}]
        front.fault("kms.list_keys", faults.denied())
        with pytest.raises(ClientError, match="AccessDenied"):
            kms.list_keys()
