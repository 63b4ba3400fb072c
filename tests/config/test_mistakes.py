"""Each mistake of a configuration file is one line with its place (marked § here) and the nearest word."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.config import build, load, references
from agent.config.interpolate import Outside
from agent.errors import ConfigurationError
from agent.nearest import nearest
from agent.yamlfile import parse
from tests.config.helpers import config, mistakes, refusal, written

GUID = "00000000-0000-0000-0000-000000000000"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("redact: §[]", "'redact' must be a mapping of collectors (ids, patterns) to a mapping of columns to one of drop"),
        ("redact:\n  aws.x: §drop", "'redact' 'aws.x' must be a mapping of columns to one of drop, mask, hash"),
        (
            "redact:\n  aws.x: {§principle: drop}",
            "'redact' 'aws.x' names 'principle', which is no column of any evidence kind. Did you mean principal?",
        ),
        (
            "redact:\n  aws.x: {principal: §hashed}",
            "'redact' 'aws.x' 'principal' must be one of drop, mask, hash, not 'hashed'. Did you mean hash?",
        ),
        ("redact:\n  aws.x: {id: §drop}", "'redact' 'aws.x': id cannot be dropped. An id tells records apart: hash it"),
        ("redact:\n  aws.x: {occurred_at: §drop}", "'redact' 'aws.x': occurred_at cannot be dropped. The age of an event is counted from it"),
        ("redact:\n  aws.x: {mfa: §mask}", "'redact' 'aws.x': mfa cannot be masked. It holds no text: drop it"),
        ("redact:\n  aws.x: {credentials: §hash}", "'redact' 'aws.x': credentials cannot be hashed. It holds no text: drop it"),
        ("§schedule: {}", "the configuration has no key 'schedule'. Did you mean schedules?"),
        (
            "scopes:\n  - {name: a, provider: aws, §region: [eu-west-1]}",
            "a scope of aws has no key 'region'. Did you mean regions?",
        ),
        ("frameworks: §iso27001-2022", "'frameworks' must be a list of frameworks"),
        ("scopes: §{a: b}", "'scopes' must be a list of scopes"),
        ("alerts: §[]", "'alerts' must be a mapping with the keys routes, before_audit, not a list"),
        ("scopes:\n  - {name: a, provider: aws, in_isms: §yes}", "'in_isms' must be true or false, not text"),
        ("scopes:\n  - {name: a, provider: aws, regions: §eu-west-1}", "'regions' must be 'all' or a list of regions"),
        ("scopes:\n  - {name: a, provider: aws, regions: §[]}", "'regions' must be 'all' or a list of regions"),
        (
            "scopes:\n  - {name: a, provider: aws, regions: [§eu-west]}",
            "an entry of 'regions' must be an AWS region such as eu-west-1",
        ),
        ("scopes:\n  - {name: a, provider: aws, regions: [eu-west-1, §eu-west-1]}", "'regions' names this entry twice"),
        (
            "scopes:\n  - {name: a, provider: aws, account_id: §12345}",
            "'account_id' must be an AWS account number of 12 digits",
        ),
        (
            "scopes:\n  - {name: a, provider: aws, role_arn: §'arn:aws:iam::123456789012:user/x'}",
            "'role_arn' must be the ARN of an IAM role",
        ),
        (
            ("scopes:\n  - {name: a, provider: aws, account_id: 111111111111,\n"
            "     §role_arn: 'arn:aws:iam::222222222222:role/x'}"),
            "the role belongs to account 222222222222, not to 111111111111",
        ),
        ("scopes:\n  - {name: a, provider: aws, §external_id: abc}", "'external_id' needs a role"),
        ("scopes:\n  - {name: a, provider: entra, tenant: t.example, §certificate: a.pem}",
         "'certificate' needs an application"),
        ("scopes:\n  - {name: a, provider: azure, §client_id: 66666666-7777-4888-8999-000000000000, certificate: a.pem}",
         "'client_id' needs a tenant"),
        (
            "scopes:\n  - {name: a, provider: aws, endpoint: §'localhost:5000'}",
            "'endpoint' must be a URL (https, http)",
        ),
        (
            ("scopes:\n  - {name: a, provider: aws,\n"
            "     organization: {accounts: ['111111111111'], §exclude: ['111111111111']}}"),
            "account 111111111111 is both named and excluded",
        ),
        ("scopes:\n  - {name: a, provider: aws, connected: §2026-02-30}", "'connected' must be a date or an instant"),
        ("scopes:\n  - {name: a, provider: §gpc}", "'gpc' is not a known provider. Did you mean gcp?"),
        ("scopes:\n  - §{name: a}", "a scope needs the key 'provider'"),
        ("scopes: [§{provider: organization}]", "a scope of organization needs the key 'name'"),
        ("scopes: [{name: §a b, provider: organization}]", "'name' must be a name of letters"),
        ("scopes: [{name: g, provider: gcp, parent: §org/1}]", "'parent' must be organizations/NUMBER"),
        ("scopes: [{name: z, provider: azure, subscriptions: [§x]}]", "an entry of 'subscriptions' must be a GUID"),
        (
            f"scopes: [{{name: z, provider: azure, subscriptions: [{GUID}], §management_group: corp}}]",
            "a scope has either 'subscriptions' or a 'management_group'",
        ),
        (
            "scopes: [{name: a, provider: organization}, {name: §a, provider: aws}]",
            "the scope 'a' stands here twice, first in line 3",
        ),
        ("audits: [{kind: §surveilance, starts: 2026-12-07}]", "'kind' must be one of stage1"),
        ("audits: [{kind: internal, starts: §7.12.2026}]", "'starts' must be a date such as 2026-12-07"),
        ("audits: [{kind: internal, starts: §2026-13-01}]", "'starts' must be a date such as 2026-12-07"),
        ("audits: [{kind: internal, starts: 2026-12-07, §ends: 2026-12-06}]", "the audit ends before it starts"),
        (
            "audits: [{kind: internal, starts: 2026-12-07, period: {from: 2026-12-01, §to: 2025-12-01}}]",
            "the period ends before it begins. 'from' must be before 'to'",
        ),
        ("certificate: {decided: 2024-12-12, §expires: 2024-12-12}", "the certificate expires before"),
        ("certificate: §{kind: initial}", "'certificate' needs the key 'decided'"),
        ("schedules: {default: §1D}", "'schedules' 'default' must be an ISO 8601 duration such as P1D"),
        ("schedules: {default: §P1M}", "'schedules' 'default' must be an ISO 8601 duration"),
        ("schedules: {default: §P0D}", "'schedules' 'default' must be an ISO 8601 duration"),
        ("owners: {iam: §nobody}", "'owners' 'iam' must be a mail address"),
        ("alerts: {routes: [{to: 'json://h', on: [§stail]}]}", "an entry of 'on' must be one of expiring, stale"),
        ("alerts: {routes: [{to: 'json://h', scopes: [§prod]}]}", "there is no scope 'prod'"),
        ("owners: {iam: a@b.c}\nalerts: {routes: [{to: 'json://h', owners: [§iams]}]}", "there is no owner 'iams'"),
        ("alerts: {routes: [{to: §nobody}]}", "'to' must be an Apprise URL"),
        ("alerts: {before_audit: [§0]}", "an entry of 'before_audit' must be a whole number from 1 to 730"),
        ("serve: {port: §99999}", "'port' must be a whole number from 1 to 65535, not the number 99999"),
        ("serve: {port: §true}", "'port' must be a whole number"),
        ("tsa: [§ftp://x]", "an entry of 'tsa' must be a URL"),
        ("database: §mysql://x/y", "'database' is not the URL of a known database"),
        ("retention: §seven years", "'retention' must be an ISO 8601 duration"),
        ("retention: {§logevent: P3Y}", "'retention' names 'logevent', which is no evidence kind"),
        ("retention: {log_event: §3 years}", "'retention' 'log_event' must be an ISO 8601 duration"),
        ("signing: §vault:key", "'signing' must be `file:` and a path"),
        ("soa: §''", "'soa' must be a path, not empty text"),
        ("§organization: Twice", "the key 'organization' stands here twice, first in line 1"),
        ("tsa: [§'${TSA_URL}']", "the environment variable TSA_URL is not set"),
        ("tsa: [§'${TSA-URL}']", "${TSA-URL} names no variable"),
        ("tsa: [§'${TSA_URL']", "'${' has no closing brace"),
        ("tsa: [§'${file:/run/secrets/tsa}']", "the file '/run/secrets/tsa' cannot be read: No such file"),
    ],
)
def test_one_mistake_is_one_line(text: str, line: str) -> None:
    before = text.partition("§")[0].split("\n")
    found = mistakes(text.replace("§", ""))
    assert len(found) == 1, found
    # The text begins in line 3 of the file.
    assert found[0].startswith(f"annexa.yaml:{len(before) + 2}:{len(before[-1]) + 1}: {line}"), found[0]


@pytest.mark.parametrize(
    ("zone", "near"), [("Europe/Berln", "Did you mean Europe/Berlin?"), ("../etc/passwd", ""), ("Mars/Base", "")]
)
def test_an_unknown_time_zone_names_the_nearest(tmp_path: Path, zone: str, near: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        written(tmp_path, f"organization: E\ntimezone: {zone}\n")
    line = caught.value.line()
    assert f"annexa.yaml:2:11: 'timezone' must be an IANA time zone such as Europe/Berlin, not '{zone}'" in line
    assert near in line


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("AKIA" + "IOSFODNN7EXAMPLE", "an AWS access key"),
        ("wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY", "an AWS secret key"),
        ("https://hooks.slack.com/" + "services/T0/B0/x", "a Slack webhook"),
        ("postgresql://annexa:pw@db/annexa", "a URL with a password"),
        ("mailto://user:pw@example.com", "a URL with a password"),
        ("mailtos://example.com?user=u&pass=pw", "a URL with a password"),
        ("ghp_" + "a" * 36, "a GitHub token"),
        ("-----BEGIN " + "PRIVATE KEY-----", "a private key"),
    ],
)
def test_a_secret_in_the_file_is_refused_wherever_it_stands_and_not_repeated(value: str, words: str) -> None:
    for text in (f"alerts: {{routes: [{{to: '{value}'}}]}}", f"masking: {{keys: ['{value}']}}", f"database: '{value}'"):
        found = mistakes(text)
        assert len(found) == 1, found
        assert f"{words} does not belong in this file. Put it into the environment or a file" in found[0]
        assert value not in found[0]


def test_all_mistakes_of_a_file_are_told_at_once_in_order() -> None:
    found = mistakes(
        "scopes:\n  - {name: a, provider: aws, region: all}\n  - {name: a, provider: gpc}\n"
        "serve: {port: 0, hots: x}\nowners: {x: y}\nalerts: {routes: [{to: '${NO}', scopes: [b]}]}\n"
    )
    assert [line.split(":")[1] for line in found] == ["4", "5", "5", "6", "6", "7", "8", "8"]


def test_a_wrong_required_key_is_one_mistake_and_not_two(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        written(tmp_path, "organisation: E\ntimezone: UTC\n")
    assert caught.value.line().endswith(":1:1: the configuration has no key 'organisation'. Did you mean organization?")


@pytest.mark.parametrize(("text", "words"), [("", "the file is empty"), ("# nothing\n", "the file is empty")])
def test_an_empty_file_says_what_to_do(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words) as caught:
        written(tmp_path, text)
    assert "annexa init" in caught.value.line()


@pytest.mark.parametrize("text", ["[]", "7", "just words"])
def test_a_file_that_is_no_mapping_is_one_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigurationError, match="the configuration must be a mapping with the keys organization"):
        written(tmp_path, text)


def test_ids_that_name_nothing_are_found_when_the_known_ones_are_given() -> None:
    parsed = config(
        "scopes: [{name: a, provider: aws, collectors: {disable: [aws.iam_user, 'aws.s3_*']}}]\n"
        "schedules: {aws.iam_users: P1D, 'aws.rds_*': P1D}\n"
        "owners: {acces-owner: a@b.c, access-owner: a@b.c, backup-restore-tests: a@b.c}\nmappings: {exclude: [backup-restore-test]}\nframeworks: [iso27001-2023]\n"
        "alerts: {routes: [{to: 'json://h', owners: [access-owner]}, {to: 'json://h', owners: [backup-restore-tests]}]}\n"
    )
    lines = [
        error.line()
        for error in references(
            parsed,
            collectors={"aws.iam_users", "aws.s3_buckets"},
            requirements={"backup-restore-tests"},
            frameworks={"iso27001-2022"},
            roles={"access-owner"},
        )
    ]
    assert lines == [
        "annexa.yaml:3:58: no collector is called 'aws.iam_user'. Did you mean aws.iam_users?",
        "annexa.yaml:4:33: no collector is called 'aws.rds_*'. Known: aws.iam_users, aws.s3_buckets",
        "annexa.yaml:6:22: there is no requirement 'backup-restore-test'. Did you mean backup-restore-tests?",
        "annexa.yaml:7:14: there is no framework 'iso27001-2023'. Did you mean iso27001-2022?",
        "annexa.yaml:5:10: there is no role or requirement 'acces-owner'. Did you mean access-owner?",
        "annexa.yaml:8:87: there is no role 'backup-restore-tests'. Known: access-owner",
    ]
    assert references(parsed, collectors={"aws.iam_user", "aws.s3_x", "aws.iam_users", "aws.rds_y"}) == []


def test_a_route_may_take_the_documents_which_are_a_scope_without_being_named() -> None:
    assert mistakes("alerts: {routes: [{to: 'json://h', scopes: [organization]}]}") == []


@pytest.mark.parametrize(
    ("word", "near"),
    [("aws.foo", ""), ("aws.iam_user", "aws.iam_users"), ("asw.iam_users", "aws.iam_users"), ("gpc", "gcp"),
     ("AWS.Root_Usr", "aws.root_user"), ("", ""), ("aws.", "")],
)
def test_a_word_is_near_by_more_than_its_provider(word: str, near: str) -> None:
    assert nearest(word, ["aws.root_user", "aws.iam_users", "gcp"]) == near


WORDS = """organization timezone data scopes name provider aws gcp regions all audits kind starts period from to alerts
routes on owners schedules default certificate serve port accounts ${HOME} ${file:/} ${"""
KEYS = st.sampled_from(WORDS.split())
SCALARS = st.one_of(KEYS, st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12))
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=5)),
    max_leaves=20,
)


@settings(max_examples=300)
@given(TREES)
def test_no_tree_raises_anything_but_a_configuration_error(tree: object) -> None:
    node = parse(yaml.safe_dump(tree), "f")
    outside = Outside({"HOME": "x"}, lambda path: Path(path).read_text())
    for line in refusal(lambda: build(node, outside, Path("/x"))):
        assert line.startswith("f")


@given(data=st.binary(max_size=200))
def test_no_bytes_raise_anything_but_a_configuration_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.mktemp("fuzz", numbered=True) / "annexa.yaml"
    path.write_bytes(data)
    with pytest.raises(ConfigurationError):
        load(path, {})
