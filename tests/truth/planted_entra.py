"""The faults that the estate plants in the directory, and what the agent must say of each."""

from __future__ import annotations

import json
from datetime import datetime

from tests.truth import expected, expected_entra
from tests.truth.conftest import Firm
from tests.truth.planted import Fault, answers, deficient, unit


@answers("review-left-undecided")
def _(firm: Firm, expect: Fault, place: str) -> None:
    span = f"occurred_at >= '{expect['from']}' AND occurred_at < '{expect['to']}'"
    rows = firm.query("SELECT decision, count(*) FROM access_review WHERE collector = 'entra.access_reviews' AND "
                      f"starts_with(reviewed, '{expect['name']}') AND {span} GROUP BY decision")
    assert dict(rows) == expected_entra.verdicts(firm.estate, expect["name"], expect["from"], expect["to"])
    found = unit(firm, "access-reviews-entra", place)
    assert found["coverage"] == expect["coverage"]
    told = {datetime.fromisoformat(one["from"]): one["state"] for one in found["periods"]}
    for start, done in expected_entra.review_quarters(firm.estate).items():
        assert told[start] == ("covered" if done else "gap"), start


@answers("review-overdue")
def _(firm: Firm, expect: Fault, place: str) -> None:
    rows = firm.query("SELECT reviewed, outcome, due_at FROM access_review WHERE collector = 'entra.access_reviews' "
                      "AND outcome <> 'completed'")
    assert [(row[0].partition(" (")[0], row[1]) for row in rows] == [(expect["name"], expect["outcome"])]
    assert rows[0][2] < firm.estate.now
    assert unit(firm, "access-reviews-entra", place)["conclusion"] == "deficient"


@answers("refusal-not-applied")
def _(firm: Firm, expect: Fault, place: str) -> None:
    rows = firm.query("SELECT principal, applied, boundary FROM access_review "
                      "WHERE collector = 'entra.access_reviews' AND decision = 'denied'")
    assert rows == [(expect["principal"], expect["applied"], place)]
    assert unit(firm, "access-reviews-entra", place)["exceptions"] == expected_entra.review_exceptions(firm.estate)


@answers("leaver-in-directory")
def _(firm: Firm, expect: Fault, place: str) -> None:
    """The one who left is the same in all clouds: nobody took the account away."""
    rows = firm.query("SELECT principal, enabled, last_used_at FROM account WHERE collector = 'entra.user_activity' "
                      f"AND last_used_at < '{expected.days(firm.estate, 90).isoformat()}'")
    assert rows == [(expect["principal"], True, expected.days(firm.estate, expect["unused_days"]))]
    deficient(firm, "account-activity-entra", place, 1)
    name = expect["principal"].partition("@")[0]
    rows = firm.query(f"SELECT DISTINCT collector FROM account WHERE principal IN ('{name}', '{expect['principal']}')")
    assert {"aws.iam_users_mfa", "aws.identity_center_users", "entra.users"} <= {row[0] for row in rows}
    rows = firm.query(f"SELECT DISTINCT collector FROM \"grant\" WHERE principal = '{expect['principal']}'")
    assert ("gcp.iam_policies",) in rows


@answers("nothing-registered")
def _(firm: Firm, expect: Fault, place: str) -> None:
    rows = firm.query("SELECT principal, mfa FROM account WHERE collector = 'entra.mfa_registration' AND NOT mfa")
    assert rows == [(expect["principal"], expect["mfa"])]
    deficient(firm, "multi-factor", place, 1)


@answers("second-factor-only-reported")
def _(firm: Firm, expect: Fault, place: str) -> None:
    rows = firm.query("SELECT s.value FROM configuration AS s JOIN configuration AS m ON s.resource = m.resource "
                      "WHERE s.collector = 'entra.conditional_access' AND s.setting = 'state' "
                      "AND m.setting = 'requires_mfa' AND m.value = 'true'")
    assert rows == [(expect["state"],)]
    deficient(firm, "conditional-access-entra", place, expected_entra.policies_amiss(firm.estate))


@answers("guests-left-out")
def _(firm: Firm, expect: Fault, place: str) -> None:
    rows = firm.query("SELECT n.value, g.value FROM configuration AS g JOIN configuration AS n ON n.resource = "
                      "g.resource WHERE g.collector = 'entra.conditional_access' AND n.setting = 'name' "
                      "AND g.setting = 'excluded_guests' AND g.value <> '[]'")
    assert [(row[0], json.loads(row[1])) for row in rows] == [(expect["name"], expect["excluded_guests"])]
    deficient(firm, "conditional-access-entra", place, expected_entra.policies_amiss(firm.estate))


@answers("old-application-secret")
def _(firm: Firm, expect: Fault, place: str) -> None:
    rows = firm.query("SELECT principal, c.created_at FROM (SELECT principal, unnest(credentials) AS c FROM account "
                      "WHERE collector = 'entra.apps_credentials') WHERE c.active AND c.type = 'secret' "
                      f"AND c.created_at < '{expected.days(firm.estate, 365).isoformat()}'")
    assert rows == [(expect["principal"], expected.days(firm.estate, expect["age_days"]))]
    deficient(firm, "application-credentials-entra", place, 1)


@answers("standing-privilege")
def _(firm: Firm, expect: Fault, place: str) -> None:
    rows = firm.query("SELECT principal, role, expires_at FROM \"grant\" WHERE collector = "
                      "'entra.pim_directory_roles' AND privileged AND NOT conditional AND expires_at IS NULL "
                      "AND role <> 'Global Administrator'")
    assert rows == [(expect["principal"], expect["role"], expect["expires_at"])]
    deficient(firm, "directory-roles-entra", place, 1)


@answers("role-past-privileged-management")
def _(firm: Firm, expect: Fault, place: str) -> None:
    rows = firm.query("SELECT actor, target, occurred_at FROM log_event WHERE collector = 'entra.directory_audits' "
                      "AND action LIKE '%outside of PIM%'")
    when = expected.days(firm.estate, expect["days_ago"]).date()
    assert [(row[0], row[1], row[2].date()) for row in rows] == [(expect["actor"], expect["target"], when)]
    deficient(firm, "directory-audit-events", place, expected_entra.changes_amiss(firm.estate))


@answers("conditional-access-deleted", "consent-alone")
def _(firm: Firm, expect: Fault, place: str) -> None:
    rows = firm.query("SELECT actor, target, occurred_at FROM log_event WHERE collector = 'entra.directory_audits' "
                      f"AND action = '{expect['action']}'")
    when = expected.days(firm.estate, expect["days_ago"]).date()
    assert [(row[0], row[1], row[2].date()) for row in rows] == [(expect["actor"], expect["target"], when)]
    deficient(firm, "directory-audit-events", place, expected_entra.changes_amiss(firm.estate))


@answers("legacy-sign-in")
def _(firm: Firm, expect: Fault, place: str) -> None:
    """The client that failed is recorded and is no exception."""
    rows = firm.query("SELECT actor, action, occurred_at FROM log_event WHERE collector = 'entra.signin_logs' "
                      "AND action <> 'sign-in' AND outcome = 'success'")
    when = expected.days(firm.estate, expect["days_ago"]).date()
    assert [(row[0], row[1], row[2].date()) for row in rows] == [(expect["actor"], expect["action"], when)]
    deficient(firm, "sign-in-events", place, 1)


@answers("device-fails-its-rules", "device-of-nobody")
def _(firm: Firm, expect: Fault, place: str) -> None:
    column = "state" if "state" in expect else "owner"
    rows = firm.query(f"SELECT {column} FROM asset WHERE collector = 'entra.devices' AND name = '{expect['name']}'")
    assert rows == [(expect[column],)]
    deficient(firm, "device-inventory", place, 2)
