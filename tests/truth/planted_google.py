"""The faults that the estate plants in Google Cloud, and what the agent must say of each."""

from __future__ import annotations

from datetime import timedelta

from tests.truth import expected, expected_google
from tests.truth.conftest import Firm
from tests.truth.planted import Fault, answers, deficient, unit, value


def full_name(firm: Firm, name: str) -> str:
    return next(one.id for one in firm.estate.google.things if one.name == name)


def grants_amiss(firm: Firm) -> int:
    return expected_google.people_with_power(firm.estate) + expected_google.strangers(firm.estate)


@answers("google-old-key")
def _(firm: Firm, expect: Fault, place: str) -> None:
    limit = firm.estate.now - timedelta(days=90)
    rows = firm.query("SELECT principal, k.created_at FROM (SELECT principal, unnest(credentials) AS k FROM account "
                      f"WHERE collector = 'gcp.service_accounts' AND boundary = '{place}') "
                      f"WHERE k.created_at < '{limit.isoformat()}'")
    assert rows == [(expect["principal"], expected.days(firm.estate, expect["key_age_days"]))]
    deficient(firm, "access-keys", place, 1)


@answers("google-public-bucket")
def _(firm: Firm, expect: Fault, place: str) -> None:
    rows = firm.query("SELECT resource, value, boundary FROM configuration WHERE collector = 'gcp.storage_buckets' "
                      "AND setting = 'policy_public' AND value = 'true'")
    assert (rows, expect["policy_public"]) == ([(expect["resource"], "true", place)], True)


@answers("google-leaver")
def _(firm: Firm, expect: Fault, place: str) -> None:
    rows = firm.query("SELECT role, boundary FROM \"grant\" WHERE collector = 'gcp.iam_policies' "
                      f"AND principal = '{expect['principal']}' AND privileged")
    assert rows == [(expect["role"], place)]
    deficient(firm, "access-grants", place, grants_amiss(firm))


@answers("google-open-to-everybody", "google-private-account", "google-deleted-member")
def _(firm: Firm, expect: Fault, place: str) -> None:
    rows = firm.query("SELECT role, boundary FROM \"grant\" WHERE collector = 'gcp.iam_policies' "
                      f"AND principal = '{expect['principal']}'")
    bound = [member for one in firm.estate.google.bindings for member in one.members if expect["principal"] in member]
    assert rows == [(expect["role"], place)] * len(bound)
    deficient(firm, "access-grants", place, grants_amiss(firm))


@answers("google-never-backed-up")
def _(firm: Firm, expect: Fault, place: str) -> None:
    rows = firm.query("SELECT resource, outcome FROM backup WHERE collector = 'gcp.sql_backups' "
                      f"AND boundary = '{place}' AND outcome IS NULL")
    assert rows == [(full_name(firm, expect["name"]), expect["outcome"])]


@answers("google-last-restore-failed")
def _(firm: Firm, expect: Fault, place: str) -> None:
    rows = firm.query("SELECT resource, outcome FROM (SELECT resource, max_by(outcome, occurred_at) AS outcome FROM "
                      f"backup_test WHERE boundary = '{place}' GROUP BY resource) WHERE outcome <> 'completed'")
    assert rows == [(full_name(firm, expect["name"]), expect["outcome"])]
    found = unit(firm, "backup-restore-tests", place)
    assert found["conclusion"] == "deficient"
    told = {one["from"]: one["state"] for one in found["periods"]}
    for start, done in expected_google.restore_quarters(firm.estate, place).items():
        assert {state for at, state in told.items() if at == start.isoformat() or start.isoformat() in at} <= {
            "covered" if done else "gap"
        }, start


@answers("google-sink-off")
def _(firm: Firm, expect: Fault, place: str) -> None:
    rows = firm.query("SELECT name, boundary, enabled FROM log_source WHERE collector = 'gcp.log_sinks' "
                      "AND NOT enabled")
    assert rows == [(expect["name"], place, expect["enabled"])]
    deficient(firm, "audit-log-sinks", place, 1)


@answers("google-log-kept-two-weeks")
def _(firm: Firm, expect: Fault, place: str) -> None:
    rows = firm.query("SELECT boundary, retention_days FROM log_source WHERE collector = 'gcp.log_buckets' "
                      f"AND name = '{expect['name']}'")
    assert rows == [(place, expect["retention_days"])]
    assert unit(firm, "log-retention", place)["conclusion"] == "deficient"


@answers("google-open-ssh")
def _(firm: Firm, expect: Fault, place: str) -> None:
    rows = firm.query("SELECT resource, boundary FROM configuration WHERE collector = 'gcp.firewall_rules' "
                      "AND setting = 'open_admin_port' AND value = 'true'")
    assert [(row[0].rpartition("/")[2], row[1]) for row in rows] == [(expect["name"], place)]
    deficient(firm, "network-segmentation", place, 1)


@answers("google-no-flow-logs")
def _(firm: Firm, expect: Fault, place: str) -> None:
    rows = firm.query("SELECT boundary, enabled FROM log_source WHERE collector = 'gcp.vpc_flow_logs' AND NOT enabled")
    assert rows == [(place, expect["enabled"])]
    deficient(firm, "network-flow-logs", place, 1)


@answers("google-key-not-renewed")
def _(firm: Firm, expect: Fault, place: str) -> None:
    told = value(firm, "gcp.kms_keys", full_name(firm, expect["name"]), "rotation_enabled")
    assert told is expect["rotation_enabled"]
    deficient(firm, "key-management", place, 1)


@answers("google-keys-denied")
def _(firm: Firm, expect: Fault, place: str) -> None:
    """What the agent may not read is unknown: nothing is concluded from it."""
    assert firm.outcomes("gcp.kms_keys", place, "") == {expect["outcome"]}
    run = next(one for one in firm.runs if (one["collector"], one["boundary"]) == ("gcp.kms_keys", place))
    assert {(one["reason"], one["permission"]) for one in run["lacking"]} == {("denied", expect["permission"])}
    held = firm.units["key-management", place]
    assert (held["freshness"], held["conclusion"]) == ("missing", "unknown")


@answers("google-not-in-use")
def _(firm: Firm, expect: Fault, place: str) -> None:
    """What is switched off is an answer: there is nothing."""
    runs = [one for one in firm.runs if (one["collector"], one["boundary"]) == ("gcp.sql_backups", place)]
    assert [(one["outcome"], one["records"]) for one in runs] == [(expect["outcome"], expect["records"])]


@answers("google-sink-deleted")
def _(firm: Firm, expect: Fault, place: str) -> None:
    rows = firm.query("SELECT actor, boundary, occurred_at FROM log_event WHERE collector = 'gcp.audit_logs' "
                      f"AND action = '{expect['action']}'")
    when = expected.days(firm.estate, expect["days_ago"]).date()
    assert [(row[0], row[1], row[2].date()) for row in rows] == [(expect["actor"], place, when)]
    deficient(firm, "cloud-audit-events", place, 1)


@answers("google-data-access-off")
def _(firm: Firm, expect: Fault, place: str) -> None:
    for name in ("data_read", "data_write"):
        rows = firm.query("SELECT value FROM configuration WHERE collector = 'gcp.audit_log_config' AND setting = "
                          f"'{name}' AND boundary = '{place}' AND id LIKE '%allServices'")
        assert (rows, expect[name]) == ([("false",)], False)
    deficient(firm, "data-access-logs", place, 2)
