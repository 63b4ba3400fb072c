"""Every fault that the estate file plants is answered by the agent as the file says."""

from __future__ import annotations

from datetime import datetime, timedelta
from fnmatch import fnmatchcase

import pytest

from tests.lab.estate import Estate
from tests.truth import collecting, expected, planted_azure, planted_entra, planted_google, planted_settings
from tests.truth.conftest import Firm
from tests.truth.planted import CHECKS, Fault, answers, deficient, unit, value

OTHERS = (planted_azure, planted_entra, planted_google, planted_settings)
"""Where the checks of the other providers, and of settings, are."""

PLANTED = [fault["id"] for fault in Estate.load(now=collecting.NOW).planted]


@pytest.mark.parametrize("name", PLANTED)
def test_the_answer_is_true(firm: Firm, name: str) -> None:
    fault = next(one for one in firm.estate.planted if one["id"] == name)
    known = {run["collector"] for run in firm.runs}
    assert any(fnmatchcase(one, fault["collector"]) for one in known), f"no collector {fault['collector']} ran"
    place = firm.account(fault["account"]) if "account" in fault else fault["boundary"]
    CHECKS[name](firm, {**fault["expect"], "region": fault.get("region", "")}, place)


def arn(firm: Firm, name: str) -> str:
    return next(one.arn for one in firm.estate.resources if one.name == name)


@answers("empty-third-quarter")
def _(firm: Firm, expect: Fault, account: str) -> None:
    span = f"occurred_at >= '{expect['from']}' AND occurred_at < '{expect['to']}'"
    rows = firm.query(f"SELECT count(*) FROM backup_test WHERE boundary = '{account}' AND {span}")
    assert rows == [(expect["records"],)]
    found = unit(firm, "backup-restore-tests", account)
    assert found["coverage"] == expect["coverage"]
    told = {datetime.fromisoformat(one["from"]): one["state"] for one in found["periods"]}
    for start, done in expected.restore_quarters(firm.estate, account).items():
        assert told[start] == ("covered" if done else "gap"), start
    actions = firm.read("forecast")["actions"]
    lost = [one for one in actions if one["requirement"] == "backup-restore-tests" and one["kind"] == "explain"]
    assert any(f"from {expect['from']} to 2026-09-30" in one["why"] for one in lost if one["boundary"] == account)


@answers("person-without-mfa")
def _(firm: Firm, expect: Fault, account: str) -> None:
    rows = firm.query("SELECT principal, mfa, boundary FROM account WHERE collector = 'aws.iam_users_mfa' AND NOT mfa "
                      "AND list_contains([c.type FOR c IN credentials], 'password')")
    assert rows == [(expect["principal"], expect["mfa"], account)]
    deficient(firm, "multi-factor", account, 1)


@answers("old-access-key")
def _(firm: Firm, expect: Fault, account: str) -> None:
    limit = firm.estate.now - timedelta(days=90)
    rows = firm.query("SELECT principal, k.created_at FROM (SELECT principal, unnest(credentials) AS k FROM account "
                      f"WHERE collector = 'aws.iam_users_mfa' AND boundary = '{account}') WHERE k.type = 'access_key' "
                      f"AND k.created_at < '{limit.isoformat()}'")
    assert rows == [(expect["principal"], expected.days(firm.estate, expect["key_age_days"]))]
    deficient(firm, "access-keys", account, 1)


@answers("leaver-still-enabled")
def _(firm: Firm, expect: Fault, account: str) -> None:
    rows = firm.query(f"SELECT enabled, last_used_at FROM account WHERE boundary = '{account}' AND collector = "
                      f"'aws.iam_users_mfa' AND principal = '{expect['principal']}'")
    assert rows == [(True, expected.days(firm.estate, expect["unused_days"]))]
    deficient(firm, "account-credentials", account, 1)


@answers("root-used")
def _(firm: Firm, expect: Fault, account: str) -> None:
    rows = firm.query("SELECT action, boundary, region, occurred_at FROM log_event WHERE collector = "
                      f"'aws.cloudtrail_events' AND actor = 'arn:aws:iam::{account}:root'")
    when = expected.days(firm.estate, expect["days_ago"]).date()
    assert [(*row[:3], row[3].date()) for row in rows] == [(expect["action"], account, expect["region"], when)]
    deficient(firm, "root-events", account, 1)


@answers("root-without-mfa")
def _(firm: Firm, expect: Fault, account: str) -> None:
    rows = firm.query("SELECT boundary FROM account WHERE collector = 'aws.root_user' AND NOT mfa")
    assert rows == [(account,)]
    assert expect["mfa"] is False
    deficient(firm, "root-user", account, 1)


@answers("no-password-policy")
def _(firm: Firm, expect: Fault, account: str) -> None:
    assert value(firm, "aws.iam_password_policy", account, "minimum_password_length") is expect["policy"]
    deficient(firm, "password-policy", account, 1)
    others = {one.id for one in firm.estate.accounts} - {account}
    assert {unit(firm, "password-policy", one)["conclusion"] for one in others} == {"no_exceptions"}


@answers("public-bucket", "denied-bucket")
def _(firm: Firm, expect: Fault, account: str) -> None:
    """The bucket that may not be read makes the whole run partial: it shows the public one, and concludes nothing."""
    run = next(one for one in firm.runs if one["collector"] == "aws.s3_exposure" and one["boundary"] == account)
    assert run["outcome"] == "partial"
    assert {(one["reason"], one["permission"].split(":")[0]) for one in run["lacking"]} == {("denied", "s3")}
    kept = list(firm.app.store.open_artifact(run["artifact"]).records())
    rows = [one["record"] for one in kept if one["record"]["setting"] == "policy_public"]
    told = {row["resource"]: row["value"] == "true" for row in rows}
    buckets = [r for r in expected.of_type(firm.estate, "AWS::S3::Bucket") if r.account == account]
    assert told == {r.arn: bool(r.traits["public"]) for r in buckets if not r.traits["denied"]}
    assert expect["resource"] in told if "public" in expect else expect["resource"] not in told
    held = firm.units["object-store-exposure", account]
    assert (held["freshness"], held["conclusion"], held["artifact"]) == ("missing", "unknown", None)
    assert firm.query(f"SELECT count(*) FROM configuration WHERE artifact = '{run['artifact']}'") == [(0,)]


@answers("rotation-off")
def _(firm: Firm, expect: Fault, account: str) -> None:
    rows = firm.query("SELECT resource FROM configuration WHERE collector = 'aws.kms_keys' AND setting = "
                      "'rotation_enabled' AND value = 'false'")
    assert rows == [(arn(firm, expect["alias"]),)]
    deficient(firm, "key-management", account, 1)


@answers("log-kept-for-ever", "log-kept-two-weeks")
def _(firm: Firm, expect: Fault, account: str) -> None:
    rows = firm.query("SELECT boundary, region, retention_days FROM log_source WHERE collector = "
                      f"'aws.cloudwatch_log_groups' AND name = '{expect['name']}'")
    assert rows == [(account, expect["region"], expect["retention_days"])]
    deficient(firm, "log-deletion" if expect["retention_days"] is None else "log-retention", account, 1)


@answers("never-tagged")
def _(firm: Firm, expect: Fault, account: str) -> None:
    where = f"FROM asset WHERE boundary = '{account}' AND id = '{arn(firm, expect['name'])}' AND collector ="
    assert firm.query(f"SELECT count(*) {where} 'aws.resource_tags'") == [(int(expect["seen"]),)]
    assert firm.query(f"SELECT count(*) {where} 'aws.resource_explorer'") == [(1,)]


def test_every_inventory_shows_what_has_no_owner_and_the_answer_is_theirs(firm: Firm) -> None:
    """Whichever of them ran last: the exceptions are the resources of the estate that no tag names an owner of."""
    for account in firm.estate.accounts:
        owner, lacking = expected.unowned(firm.estate, account.id), set()
        for collector, names in owner.items():
            rows = firm.query(f"SELECT id FROM asset WHERE boundary = '{account.id}' AND collector = '{collector}' "
                              "AND owner IS NULL")
            assert {row[0] for row in rows} == names, collector
            lacking |= names
        found = unit(firm, "asset-inventory", account.id)
        assert (found["conclusion"], found["exceptions"]) == (
            ("deficient", len(lacking)) if lacking else ("no_exceptions", 0)), account.name
        told = {one["collector"]: one["exceptions"] for one in found["checks"][0]["collectors"]}
        assert {name: told[name] for name in owner} == {name: len(names) for name, names in owner.items()}


@answers("unprotected-instance", "unprotected-database")
def _(firm: Firm, expect: Fault, account: str) -> None:
    assert value(firm, "aws.backup_coverage", arn(firm, expect["name"]), "protected") is expect["protected"]
    deficient(firm, "backup-coverage", account, expected.unprotected(firm.estate, account))


@answers("missing-patches")
def _(firm: Firm, expect: Fault, account: str) -> None:
    rows = firm.query("SELECT resource, boundary, state FROM finding WHERE collector = 'aws.patch_compliance' "
                      "AND state <> 'closed' AND severity IS NOT NULL AND title NOT LIKE '0 patches%'")
    ident = next(one.id for one in firm.estate.resources if one.name == expect["name"])
    assert rows == [(ident, account, expect["state"])]


@answers("no-flow-logs", "recorder-off")
def _(firm: Firm, expect: Fault, account: str) -> None:
    for collector, requirement in (("aws.vpc_flow_logs", "network-flow-logs"),
                                   ("aws.config_recorder", "configuration-recorder")):
        rows = firm.query(f"SELECT boundary, region FROM log_source WHERE collector = '{collector}' AND NOT enabled")
        assert (rows, expect["enabled"]) == ([(account, expect["region"])], False)
        deficient(firm, requirement, account, 1)


@answers("trail-off")
def _(firm: Firm, expect: Fault, account: str) -> None:
    rows = firm.query("SELECT DISTINCT name, boundary, region, enabled FROM log_source "
                      "WHERE collector = 'aws.cloudtrail_trails' AND NOT enabled")
    assert rows == [(expect["name"], account, expect["region"], expect["enabled"])]
    assert unit(firm, "audit-trail-configured", account)["conclusion"] == "deficient"


@answers("tampered-log")
def _(firm: Firm, expect: Fault, account: str) -> None:
    rows = firm.query("SELECT outcome, boundary, region, count(*) FROM log_event WHERE collector = "
                      "'aws.cloudtrail_digest_validation' AND outcome NOT IN ('valid', 'start_of_chain') GROUP BY ALL")
    assert rows == [("hash_mismatch", account, expect["region"], expect["hash_mismatch"])]
    deficient(firm, "audit-trail-integrity", account, 1)
    others = {one.id for one in firm.estate.accounts} - {account}
    assert {unit(firm, "audit-trail-integrity", one)["conclusion"] for one in others} == {"no_exceptions"}


@answers("denied-region")
def _(firm: Firm, expect: Fault, account: str) -> None:
    place = (account, expect["region"])
    assert expected.closed(firm.estate, "backup") == {place}
    here = [one for one in firm.runs if one["collector"].startswith("aws.backup_")]
    assert {(one["boundary"], one["region"]) for one in here if one["outcome"] != "succeeded"} == {place}
    for one in here:
        if (one["boundary"], one["region"]) == place:
            assert one["outcome"] == expect["outcome"], one
            assert expect["why"] in one["error"]
            assert expect["region"] in one["error"]
    assert firm.units["backup-plans", account]["freshness"] == "missing"
    assert expect["region"] in firm.units["backup-plans", account]["reason"]


@answers("direct-administrator")
def _(firm: Firm, expect: Fault, account: str) -> None:
    rows = firm.query("SELECT principal, role, via FROM \"grant\" WHERE collector = 'aws.identity_center_assignments' "
                      "AND principal_type = 'user'")
    assert rows == [(expect["principal"], expect["role"], expect["via"])]
    deficient(firm, "workforce-assignments", account, 1)


@answers("plan-without-selections")
def _(firm: Firm, expect: Fault, account: str) -> None:
    rows = firm.query("SELECT resource, json_array_length(value) FROM configuration WHERE collector = "
                      f"'aws.backup_restore_testing' AND setting = 'selections' AND boundary = '{account}'")
    assert [(row[0].rsplit(":", 1)[-1].rpartition("-")[0], row[1]) for row in rows] == [
        (expect["name"], expect["selections"])
    ]


@answers("bucket-in-the-open")
def _(firm: Firm, expect: Fault, account: str) -> None:
    rows = firm.query("SELECT resource FROM finding WHERE collector = 'aws.access_analyzer' AND state = 'open' "
                      f"AND boundary = '{account}' AND region = '{expect['region']}'")
    told = {one["resource"] for one in firm.estate.file["access_findings"] if one["status"] == "ACTIVE"}
    assert ({row[0] for row in rows}, len(rows)) == (told, expect["active"])


def test_every_planted_fault_has_a_check() -> None:
    assert set(CHECKS) == set(PLANTED)
