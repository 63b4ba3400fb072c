"""Who reads, in which accounts and regions; expected values are worked out from what the double holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agent.clients import Deadline, Witness
from agent.clients.aws.probe import probe
from agent.collector import Api
from agent.errors import AnnexaError, ConfigurationError, FatalError
from agent.model import Boundary, Outcome
from tests.clients.conftest import HEADER, Provide, opened, vaults
from tests.lab.aws import faults
from tests.lab.aws.double import ACCOUNT, Double

ROLE = f"arn:aws:iam::{ACCOUNT}:role/annexa"
REGIONS = {"Regions": [{"RegionName": "us-east-1"}, {"RegionName": "eu-central-1"}]}


def organization(double: Double) -> None:
    double.accounts = {f"AKIA{number}": number for number in (ACCOUNT, "111111111111", "222222222222")}
    double.script({
        "organizations.list_accounts": [
            {"Accounts": [{"Id": ACCOUNT, "Name": "management", "Status": "ACTIVE"},
                          {"Id": "111111111111", "Name": "prod\u202e", "Status": "ACTIVE"}]},
            {"Accounts": [{"Id": "222222222222", "Name": "old", "Status": "SUSPENDED"},
                          {"Id": "333333333333", "Name": "closed to us", "Status": "ACTIVE"}]},
        ],
        "ec2.describe_regions": REGIONS,
    })


@pytest.fixture(autouse=True)
def _key(double: Double, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", f"AKIA{ACCOUNT}")


def test_an_account_with_named_regions(double: Double, provide: Provide) -> None:
    provider = provide(regions=("eu-west-1", "us-east-1"))
    (boundary,) = provider.expand().boundaries
    assert boundary == Boundary("lab", "aws", ACCOUNT, "", "eu-west-1", ("eu-west-1", "us-east-1"))
    assert provider.identity(boundary) == f"arn:aws:iam::{ACCOUNT}:user/lab"
    assert not double.called("ec2.describe_regions")


def test_enabled_regions_are_discovered(double: Double, provide: Provide) -> None:
    double.script({"ec2.describe_regions": REGIONS})
    (boundary,) = provide(regions=()).expand().boundaries
    assert boundary.regions == ("eu-central-1", "us-east-1")
    assert boundary.home == "eu-west-1"


def test_regions_by_the_account_service_where_ec2_is_denied(double: Double, provide: Provide) -> None:
    double.fault("ec2.describe_regions", faults.denied())
    double.script({"account.list_regions": [{"Regions": [{"RegionName": "eu-north-1"}]}]})
    (boundary,) = provide(regions=()).expand().boundaries
    assert boundary.regions == ("eu-north-1",)


def test_regions_that_nobody_may_list(double: Double, provide: Provide) -> None:
    double.fault("ec2.describe_regions", faults.denied())
    double.fault("account.list_regions", faults.denied())
    expansion = provide(regions=()).expand()
    assert expansion.boundaries[0].regions == ("eu-west-1",)
    (lacking,) = expansion.lacking
    assert (lacking.what, lacking.permission) == (f"regions of account {ACCOUNT}", "ec2:DescribeRegions")


def test_an_organization(double: Double, provide: Provide) -> None:
    organization(double)
    provider = provide(organization=True, regions=())
    expansion = provider.expand()
    assert [(one.id, one.name, one.organization) for one in expansion.boundaries] == [
        (ACCOUNT, "management", True), ("111111111111", "prod", False), ("333333333333", "closed to us", False),
    ]
    assert expansion.notes == ("account 222222222222 is suspended",)
    assert [one.what for one in expansion.lacking] == ["account 333333333333"]
    prod = expansion.boundaries[1]
    assert prod.regions == ("eu-central-1", "us-east-1")
    assert provider.identity(prod) == "arn:aws:sts::111111111111:assumed-role/annexa/annexa"
    witness = Witness(HEADER)
    client = provider.open(prod, "us-east-1", witness, Deadline.after(30))
    vaults(client)
    assert {(call.account, call.region) for call in double.called("backup.list_backup_vaults")} == {
        ("111111111111", "us-east-1"),
    }
    with pytest.raises(FatalError, match="role/annexa cannot be assumed"):
        provider.open(expansion.boundaries[2], "us-east-1", witness, Deadline.after(30))


def test_an_organization_by_name(double: Double, provide: Provide) -> None:
    organization(double)
    expansion = provide(organization=True, accounts=("111111111111", "444444444444")).expand()
    assert [one.id for one in expansion.boundaries] == ["111111111111"]
    assert [(one.what, one.reason) for one in expansion.lacking] == [("account 444444444444", "failed")]
    expansion = provide(organization=True, exclude=("333333333333",)).expand()
    assert [one.id for one in expansion.boundaries] == [ACCOUNT, "111111111111"]


def test_an_organization_that_may_not_be_listed(double: Double, provide: Provide) -> None:
    double.fault("organizations.list_accounts", faults.denied())
    with pytest.raises(FatalError, match="was denied") as caught:
        provide(organization=True).expand()
    assert "organizations:ListAccounts" in caught.value.line()


def test_a_role_with_an_external_id(double: Double, provide: Provide) -> None:
    provider = provide(role_arn=ROLE, external_id="secret-handshake")
    (boundary,) = provider.expand().boundaries
    (call,) = double.called("sts.assume_role")
    assert call.params["ExternalId"] == "secret-handshake"
    assert provider.identity(boundary) == f"arn:aws:sts::{ACCOUNT}:assumed-role/annexa/annexa"


def test_a_role_that_cannot_be_assumed(double: Double, provide: Provide) -> None:
    double.fault("sts.assume_role", faults.denied())
    with pytest.raises(FatalError) as caught:
        provide(role_arn=ROLE).expand()
    assert f"{ROLE} cannot be assumed" in caught.value.message
    assert "trust policy" in caught.value.advice
    assert "\n" not in caught.value.line()


def test_credentials_of_another_account(double: Double, provide: Provide) -> None:
    with pytest.raises(FatalError, match=f"are of account {ACCOUNT}, not of 999999999999"):
        provide(account_id="999999999999").expand()


def test_no_credentials_at_all(double: Double, provide: Provide, monkeypatch: pytest.MonkeyPatch,
                               tmp_path: Any) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with pytest.raises(AnnexaError, match="no credentials for AWS") as caught:
        provide().expand()
    assert "AWS_PROFILE" in caught.value.line()


def test_a_profile_that_does_not_exist(double: Double, provide: Provide) -> None:
    with pytest.raises(ConfigurationError, match="nobody"):
        provide(profile="nobody").expand()


def test_credentials_that_are_expired(double: Double, provide: Provide) -> None:
    double.fault("sts.get_caller_identity", faults.expired_credentials())
    with pytest.raises(FatalError, match="does not accept the credentials"):
        provide().expand()


def test_assumed_credentials_are_refreshed_in_mid_run(double: Double, provide: Provide) -> None:
    keys = iter(["ASIALABFIRST", "ASIALABSECOND", "ASIALABTHIRD"])

    def assume(params: dict[str, Any], context: Any) -> dict[str, Any]:
        key = next(keys)
        double.sessions[key] = ACCOUNT
        double.roles[key] = "assumed-role/annexa/annexa"
        # botocore refreshes what ends within ten minutes; the second lasts.
        lasts = timedelta(seconds=30) if key == "ASIALABFIRST" else timedelta(hours=1)
        return {
            "Credentials": {"AccessKeyId": key, "SecretAccessKey": "lab", "SessionToken": "lab",
                            "Expiration": datetime.now(UTC) + lasts},
            "AssumedRoleUser": {"AssumedRoleId": "AROA:annexa", "Arn": f"arn:aws:sts::{ACCOUNT}:{double.roles[key]}"},
        }

    double.handle("sts.assume_role", assume)
    client, witness = opened(provide(role_arn=ROLE))
    double.revoked.add("ASIALABFIRST")
    assert len(vaults(client)) == 9
    assert {call.key for call in double.called("backup.list_backup_vaults")} == {"ASIALABSECOND"}
    assert witness.close(9).outcome is Outcome.SUCCEEDED


def test_a_role_that_is_taken_away_in_mid_run(double: Double, provide: Provide) -> None:
    def assume(params: dict[str, Any], context: Any) -> dict[str, Any]:
        double.sessions["ASIALABSHORT"] = ACCOUNT
        return {
            "Credentials": {"AccessKeyId": "ASIALABSHORT", "SecretAccessKey": "lab", "SessionToken": "lab",
                            "Expiration": datetime.now(UTC) + timedelta(seconds=30)},
            "AssumedRoleUser": {"AssumedRoleId": "AROA:annexa", "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/a/b"},
        }

    double.handle("sts.assume_role", assume)
    client, witness = opened(provide(role_arn=ROLE))
    double.fault("sts.assume_role", faults.denied())
    with pytest.raises(AnnexaError, match="the role can no longer be assumed") as caught:
        vaults(client)
    witness.fail(caught.value)
    assert [one.reason for one in witness.close(0).lacking] == ["expired"]


def test_probing_permissions(double: Double, provide: Provide) -> None:
    double.fault("backup.describe_backup_vault", faults.denied())
    double.script({"s3.get_object": {"Body": b""}})
    provider = provide()
    (boundary,) = provider.expand().boundaries
    found = {one.permission: one for one in provider.probe(HEADER, boundary, "eu-west-1")}
    assert found["backup:ListBackupVaults"].state == "ok"
    assert found["backup:DescribeBackupVault"].state == "denied"
    assert "Allow backup:DescribeBackupVault" in found["backup:DescribeBackupVault"].remedy
    assert found["iam:GenerateCredentialReport"].state == "untried"
    assert not double.called("iam.generate_credential_report")
    assert double.calls[-1].name != "iam.generate_credential_report"


def test_a_setting_of_the_account_is_tried_in_the_account_that_is_read(double: Double) -> None:
    double.script({"s3control.get_public_access_block": {"PublicAccessBlockConfiguration": {}}})
    api = Api("s3control.get_public_access_block", ("s3:GetAccountPublicAccessBlock",))
    assert [one.state for one in probe(api, double.client("s3control"), ACCOUNT)] == ["ok"]
    assert double.called("s3control.get_public_access_block", AccountId=ACCOUNT)


def test_the_agent_says_who_it_is_and_keeps_few_clients(double: Double, provide: Provide) -> None:
    provider = provide()
    provider.expand()
    sessions = provider._wire.sessions
    first = sessions.client("", "backup", "eu-west-1")
    assert sessions.client("", "backup", "eu-west-1") is first
    assert "annexa/" in first.meta.config.user_agent
    for number in range(40):
        sessions.client("", "sts", f"eu-test-{number}")
    assert len(sessions._clients) == 32
    assert sessions.client("", "backup", "eu-west-1") is not first
