"""What is masked, what must not be, and that the search before the walk misses nothing that the walk would mask."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent import canonical
from agent.masking import Masker
from agent.masking.rules import ENDINGS, ENVIRONMENT, NOT_SECRET, PAIR_NAMES, PAIR_VALUES, VALUES

AKIA = "AKIA" + "Q3EGRIEXAMPLEKEY"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"
KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAKC\n-----END RSA PRIVATE KEY-----"


def masked(value: Any, *extra: str) -> Any:
    """Mask a raw item and return it."""
    return json.loads(Masker(extra).line(canonical.line({"raw": value})))["raw"]


@pytest.mark.parametrize(("value", "expected"), [
    ({"password": "hunter2"}, {"password": "[masked:password]"}),
    ({"MasterUserPassword": "hunter2"}, {"MasterUserPassword": "[masked:password]"}),
    ({"DB_PASSWORD_2": "hunter2"}, {"DB_PASSWORD_2": "[masked:password]"}),
    ({"passwords": ["a1", "b2"]}, {"passwords": ["[masked:password]", "[masked:password]"]}),
    ({"pwd": 12345}, {"pwd": "[masked:password]"}),
    ({"ClientSecret": "abc"}, {"ClientSecret": "[masked:secret]"}),
    ({"SecretString": '{"user":"a","password":"b"}'}, {"SecretString": "[masked:secret]"}),
    ({"SecretAccessKey": "wJalrXUtnFEMI/K7MDENG"}, {"SecretAccessKey": "[masked:api_key]"}),
    ({"auth_token": "abc"}, {"auth_token": "[masked:token]"}),
    ({"api-key": "abc"}, {"api-key": "[masked:api_key]"}),
    ({"connection_string": "Server=x"}, {"connection_string": "[masked:connection_string]"}),
    ({"PrivateKey": "MIIE"}, {"PrivateKey": "[masked:private_key]"}),
    ({"UserData": "IyEvYmluL2Jhc2g="}, {"UserData": "[masked:user_data]"}),
    ({"UserData": {"Value": "IyEvYmluL2Jhc2g="}}, {"UserData": {"Value": "[masked:user_data]"}}),
    ({"user_data": "#!/bin/sh"}, {"user_data": "[masked:user_data]"}),
    ({"Environment": {"Variables": {"STAGE": "prod", "N": 5}}},
     {"Environment": {"Variables": {"STAGE": "[masked:environment]", "N": "[masked:environment]"}}}),
    ({"environment": [{"name": "STAGE", "value": "prod"}]},
     {"environment": [{"name": "STAGE", "value": "[masked:environment]"}]}),
    ({"environmentVariables": [{"name": "A", "type": "PLAINTEXT", "value": "x"}]},
     {"environmentVariables": [{"name": "A", "type": "PLAINTEXT", "value": "[masked:environment]"}]}),
    ({"Tags": [{"Key": "db-password", "Value": "hunter2"}, {"Key": "Name", "Value": "web"}]},
     {"Tags": [{"Key": "db-password", "Value": "[masked:password]"}, {"Key": "Name", "Value": "web"}]}),
    ({"ParameterKey": "DbPassword", "ParameterValue": "hunter2"},
     {"ParameterKey": "DbPassword", "ParameterValue": "[masked:password]"}),
    ({"setting": "smtp.password", "value": "hunter2"}, {"setting": "smtp.password", "value": "[masked:password]"}),
    ({"Url": "postgres://app:hunter2@db/x"}, {"Url": "postgres://app:[masked:url_password]@db/x"}),
    ({"Url": "redis://:hunter2@cache:6379"}, {"Url": "redis://:[masked:url_password]@cache:6379"}),
    ({"Body": f"a {KEY} b"}, {"Body": "a [masked:private_key] b"}),
    ({"Body": KEY[:40]}, {"Body": "[masked:private_key]"}),
    ({"Body": f"x {JWT}"}, {"Body": "x [masked:jwt]"}),
    ({"Description": f"uses {AKIA} now"}, {"Description": "uses [masked:aws_key] now"}),
    ({"Header": "Authorization: Bearer abcdefghijklmnop1234"},
     {"Header": "Authorization: Bearer [masked:authorization]"}),
    ({"Command": "mysql --password=hunter2 -u root"}, {"Command": "mysql --password=[masked:assignment] -u root"}),
    ({"Command": "export DB_PASSWORD='hun ter2'; ls"}, {"Command": "export DB_PASSWORD=[masked:assignment]; ls"}),
    ({"Text": "Server=a;Pwd=abc;User=b"}, {"Text": "Server=a;Pwd=[masked:assignment];User=b"}),
    ({"Link": "https://a.blob.core.windows.net/c?sv=1&sig=abc%3D&se=2"},
     {"Link": "https://a.blob.core.windows.net/c?sv=1&sig=[masked:signature]&se=2"}),
    ({"Hook": "https://hooks.slack.com/services/T000/B000/XXXX"},
     {"Hook": "https://hooks.slack.com/services/[masked:webhook]"}),
    ({"T": "ghp_" + "a" * 36}, {"T": "[masked:api_token]"}),
    ({"T": "xoxb-123456789012-abcdef"}, {"T": "[masked:api_token]"}),
    ({"CloudTrailEvent": '{"requestParameters":{"masterUserPassword":"x1"},"b":[1, 2]}'},
     {"CloudTrailEvent": '{"requestParameters":{"masterUserPassword":"[masked:password]"},"b":[1,2]}'}),
    ([{"operation": "x", "item": {"AuthToken": "abc"}}], [{"operation": "x", "item": {"AuthToken": "[masked:token]"}}]),
])
def test_secrets_are_masked(value: Any, expected: Any) -> None:
    assert masked(value) == expected


@pytest.mark.parametrize("value", [
    {"password_last_changed": "2026-01-02T03:04:05+00:00", "password_enabled": "true", "password_next_rotation": "N/A"},
    {"PasswordLastUsed": "2026-01-02T03:04:05Z"}, {"password": True}, {"secret": None}, {"token": ""},
    {"password": "2026-01-02"}, {"SecretArn": "arn:aws:secretsmanager:eu-west-1:1:secret:x-AbCdEf"},
    {"secret": "arn:aws:secretsmanager:eu-west-1:1:secret:x-AbCdEf"}, {"SecretName": "prod/db"},
    {"token_type": "bearer"}, {"TokenExpiry": 3600}, {"HttpTokens": "required"}, {"HttpTokens": "optional"},
    {"NextToken": "AAAA"}, {"ClientToken": "0f1e2d3c"}, {"MinimumPasswordLength": 14}, {"RequireSymbols": True},
    {"PasswordReusePrevention": 24}, {"SecretVersionsToStages": {"x": ["AWSCURRENT"]}}, {"Password": "****"},
    {"password": "{{resolve:secretsmanager:db:SecretString:password}}"}, {"DB_PASSWORD": "${DB_PASSWORD}"},
    {"secret": "projects/p/secrets/s/versions/1"}, {"AccessKeyId": AKIA}, {"id": AKIA}, {"accessKeyId": AKIA},
    {"access_key_1_last_rotated": "2026-01-02T03:04:05+00:00", "access_key_1_active": "false"},
    {"environment": "prod"}, {"Environment": {"Type": "LINUX"}}, {"url": "https://example.com/a:b/c@d"},
    {"aws:TokenIssueTime": "2026-01-02T03:04:05Z"}, {"Action": "secretsmanager:GetSecretValue"},
    {"Tags": [{"Key": "token_type", "Value": "bearer"}]}, {"KeyName": "password"}, {"Note": "[masked:password]"},
    {"secrets": [{"name": "DB_PASSWORD", "valueFrom": "arn:aws:ssm:eu-west-1:1:parameter/x"}]},
    {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}, {"ClientToken": "abc"},
    {"HttpTokens": "required", "password": "****"}, {"PublicKey": "ssh-ed25519 AAAAC3Nza"},
    {"EncryptionKey": "alias/aws/s3"}, {"Description": "Rotate the password: see the runbook"},
])
def test_what_only_seems_a_secret_stays(value: Any) -> None:
    assert masked(value) == value


def test_a_line_without_secrets_is_the_same_bytes() -> None:
    line = b'{"record": {"id":"a"},  "raw":{"n":1.50}}\n'
    assert Masker().line(line) is line
    odd = b'{"raw":{"password": "2026-01-02",  "n":1.50}}\n'
    assert Masker().line(odd) is odd


def test_counts_are_by_rule() -> None:
    masker = Masker()
    masker.line(canonical.line({"a": {"password": "x", "b": {"password": "y"}}, "note": f"{AKIA} {AKIA}"}))
    masker.line(canonical.line({"a": 1}))
    masker.line(canonical.line({"UserData": "x"}))
    assert masker.counts == {"password": 2, "aws_key": 2, "user_data": 1}


def test_masking_again_changes_nothing() -> None:
    masker = Masker()
    once = masker.line(canonical.line({"password": "x", "u": "a://b:c@d", "t": f"{JWT} {AKIA}", "c": "pwd=x; y"}))
    before = masker.counts.copy()
    assert masker.line(once) == once
    assert masker.counts == before


@pytest.mark.parametrize("name", ["internalPin", "internal_pin", "INTERNAL-PIN", "OldInternalPins", "internal.pin.2"])
def test_names_from_the_configuration(name: str) -> None:
    assert masked({name: "4711"}, "internal pin") == {name: "[masked:configured]"}
    assert masked({name: "4711"}) == {name: "4711"}
    assert masked({"Key": name, "Value": "x1"}, "InternalPins") == {"Key": name, "Value": "[masked:configured]"}


def test_an_empty_name_masks_nothing() -> None:
    assert masked({"a": "b"}, "", "-") == {"a": "b"}


def test_depth_has_an_end() -> None:
    value: Any = {"password": "x"}
    for _ in range(150):
        value = {"a": value}
    text = json.dumps(masked(value))
    assert '"x"' not in text
    assert "[masked:depth]" in text


SECRETS = st.sampled_from([
    "hunter2", AKIA, JWT, KEY, "a://b:c@d", "x password=abc", "Bearer abcdefghijklmnop1234", "ghp_" + "a" * 36,
    "https://hooks.slack.com/services/T/B", "q?sig=abc", "https://x/?X-Amz-Signature=12", "sk_live_" + "a" * 24,
    '{"password":"x"}', '["Bearer abcdefghijklmnop1234"]', "AIza" + "b" * 35, "SG." + "c" * 22 + "." + "d" * 43,
])
STEMS = st.sampled_from(sorted({*ENDINGS, *NOT_SECRET, *ENVIRONMENT, *PAIR_NAMES, *PAIR_VALUES, "environment",
                                "variables", "Password", "DB_PASSWORD", "secret-key", "Api Key", "UserData", "n"}))
NAMES = st.builds(lambda before, stem, after: before + stem + after, st.sampled_from(["", "db_", "My"]), STEMS,
                  st.sampled_from(["", "s", "2", "_1", "s3"]))
ITEMS = st.recursive(
    SECRETS | st.integers(0, 9) | st.booleans() | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=8,
)


@settings(max_examples=1500, deadline=None)
@given(ITEMS)
def test_the_search_misses_nothing(value: Any) -> None:
    line = canonical.line({"raw": value})
    assert Masker().line(line) == Masker().walk(line)


def test_every_value_rule_is_tried_above() -> None:
    tried = {"private_key", "jwt", "url_password", "api_token", "webhook", "authorization", "signature", "assignment"}
    assert {rule for rule, _, _ in VALUES} == tried


@given(st.lists(st.sampled_from([
    {"raw": {"Password": "hunter2"}}, {"raw": {"Name": "a\r\nb\u2028c", "Status": "COMPLETED"}}, {"raw": {"a": "é"}},
    {"raw": {"Url": "https://user:pw@example.com/"}}, {"raw": {"PasswordEnabled": True}}, {"record": {"id": "x"}},
]), max_size=12))
def test_lines_are_masked_together_as_they_are_one_by_one(values: list[dict[str, Any]]) -> None:
    together, single = Masker(), Masker()
    block = [canonical.line(value) for value in values]
    assert together.lines(b"".join(block)) == b"".join(map(single.line, block))
    assert together.counts == single.counts


@settings(max_examples=400)
@given(st.sampled_from(sorted(ENDINGS)), st.text(max_size=20), st.integers(0, 5))
def test_no_secret_hides_among_lines_without_any(name: str, before: str, place: int) -> None:
    block = [canonical.line({"record": {"id": before}})] * 5
    block.insert(place, canonical.line({"raw": {name: "hunter2 is secret"}}))
    assert b"hunter2" not in Masker().lines(b"".join(block))
