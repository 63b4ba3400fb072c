"""The faults that the estate plants in Azure, and what the agent must say of each."""

from __future__ import annotations

from datetime import datetime

from tests.truth import expected, expected_azure
from tests.truth.conftest import Firm
from tests.truth.planted import Fault, answers, deficient, text, unit, value


def resource(firm: Firm, name: str) -> str:
    return next(one.id for one in firm.estate.subscriptions.things if one.name == name)


@answers("azure-leaver", "azure-contractor-owns")
def _(firm: Firm, expect: Fault, place: str) -> None:
    """A principal is the object id of the directory: the one who left there holds a role here."""
    person = firm.estate.directory.by_name[expect["name"]]
    rows = firm.query("SELECT role, boundary FROM \"grant\" WHERE collector = 'azure.role_assignments' "
                      f"AND principal = '{person.id}' AND privileged")
    assert rows == [(expect["role"], place)]
    rows = firm.query(f"SELECT principal FROM account WHERE collector = 'entra.users' AND id = '{person.id}'")
    assert rows == [(person.upn,)]
    deficient(firm, "access-grants", place, expected_azure.people_with_power(firm.estate, place)
              + expected_azure.granted_to_nobody(firm.estate, place))


@answers("azure-role-of-a-deleted-one")
def _(firm: Firm, expect: Fault, place: str) -> None:
    rows = firm.query("SELECT principal, role, boundary FROM \"grant\" WHERE collector = 'azure.role_assignments' "
                      f"AND principal_type = '{expect['principal_type']}'")
    (entry,) = [one for one in firm.estate.subscriptions.given if one.kind == "Unknown"]
    assert rows == [(entry.principal, expect["role"], place)]
    assert entry.principal not in {one.id for one in firm.estate.directory.members}


@answers("azure-log-goes-nowhere")
def _(firm: Firm, expect: Fault, place: str) -> None:
    rows = firm.query("SELECT name, boundary, enabled FROM log_source WHERE collector = 'azure.diagnostic_settings' "
                      "AND NOT enabled")
    assert rows == [(expect["name"], place, expect["enabled"])]


@answers("azure-setting-deleted", "azure-all-subscriptions-taken")
def _(firm: Firm, expect: Fault, place: str) -> None:
    rows = firm.query("SELECT actor, boundary, occurred_at FROM log_event WHERE starts_with(collector, 'azure.') "
                      f"AND action = '{expect['action']}'")
    when = expected.days(firm.estate, expect["days_ago"]).date()
    assert [(row[0], row[1], row[2].date()) for row in rows] == [(expect["actor"], place, when)]
    deficient(firm, "tenant-events-azure" if place.startswith("tenants/") else "cloud-audit-events", place, 1)


@answers("azure-machine-of-nobody")
def _(firm: Firm, expect: Fault, place: str) -> None:
    rows = firm.query("SELECT name, owner, boundary FROM asset WHERE collector = 'azure.resource_graph_inventory' "
                      "AND owner IS NULL")
    assert rows == [(expect["name"], expect["owner"], place)]
    assert unit(firm, "asset-inventory", place)["conclusion"] == "deficient"


@answers("azure-public-store")
def _(firm: Firm, expect: Fault, place: str) -> None:
    told = value(firm, "azure.storage_protection", resource(firm, expect["name"]), "public_access")
    assert told is expect["public_access"]
    rows = firm.query("SELECT boundary FROM configuration WHERE collector = 'azure.storage_protection' AND setting = "
                      "'public_access' AND value = 'true'")
    assert rows == [(place,)]


@answers("azure-missing-patches")
def _(firm: Firm, expect: Fault, place: str) -> None:
    rows = firm.query("SELECT resource, boundary FROM finding WHERE collector = 'azure.patch_status' "
                      f"AND state = '{expect['state']}'")
    assert rows == [(resource(firm, expect["name"]), place)]


@answers("azure-restore-failed")
def _(firm: Firm, expect: Fault, place: str) -> None:
    """A vault of machines names what it protects; the newest restore of that name is the failed one."""
    rows = firm.query("SELECT resource, outcome FROM (SELECT resource, max_by(outcome, occurred_at) AS outcome FROM "
                      f"backup_test WHERE collector = 'azure.restore_jobs' AND boundary = '{place}' GROUP BY resource) "
                      "WHERE outcome <> 'completed'")
    assert [(row[0].rpartition("/")[2], row[1]) for row in rows] == [(expect["name"], expect["outcome"])]
    done = expected_azure.jobs(firm.estate, "Restore")
    broken = expected_azure.unmended(done)
    assert [one.resource.name for one in broken] == [expect["name"]]
    never_looked_at = [one for one in done if one.succeeded]
    deficient(firm, "backup-restore-tests", place, len(broken) + len(never_looked_at))
    told = {datetime.fromisoformat(one["from"]): one["state"]
            for one in unit(firm, "backup-restore-tests", place)["periods"]}
    for start, held in expected_azure.quarters(firm.estate, [one.ended for one in never_looked_at]).items():
        assert told[start] == ("covered" if held else "gap"), start


@answers("azure-backups-fail")
def _(firm: Firm, expect: Fault, place: str) -> None:
    rows = firm.query("SELECT outcome FROM backup WHERE collector = 'azure.backup_jobs' AND ends_with(resource, "
                      f"'/{expect['name']}') ORDER BY occurred_at DESC LIMIT {expect['days'] + 1}")
    assert [row[0] for row in rows] == ["failed"] * expect["days"] + ["completed"]
    broken = expected_azure.unmended(expected_azure.jobs(firm.estate, "Backup"))
    assert {one.resource.name for one in broken} == {expect["name"]}
    deficient(firm, "backup-jobs", place, len(broken))


@answers("azure-unprotected-machine", "azure-unprotected-database", "azure-unprotected-disk")
def _(firm: Firm, expect: Fault, place: str) -> None:
    rows = firm.query("SELECT resource FROM configuration WHERE collector = 'azure.backup_coverage' AND setting = "
                      f"'protected' AND value = 'false' AND boundary = '{place}'")
    told = {tuple(row[0].rsplit("/", 2)[1:]) for row in rows}
    assert (expect["kind"], expect["name"]) in told
    assert told == expected_azure.unprotected(firm.estate, place)
    deficient(firm, "backup-coverage", place, len(rows))


@answers("azure-vault-can-be-emptied")
def _(firm: Firm, expect: Fault, place: str) -> None:
    vault = resource(firm, expect["name"])
    assert value(firm, "azure.vault_protection", vault, "locked") is expect["locked"]
    assert text(firm, "azure.vault_protection", vault, "soft_delete") == expect["soft_delete"]
    deficient(firm, "backup-vaults", place, 1)
    deficient(firm, "backup-vaults-azure", place, 2)  # it forgets at once, and nobody has to agree
    others = {one.id for one in firm.estate.subscriptions.all} - {place}
    assert {unit(firm, "backup-vaults", one)["conclusion"] for one in others} == {"no_exceptions"}


@answers("azure-policy-not-enforced", "azure-exemption-over", "azure-exemption-for-ever")
def _(firm: Firm, expect: Fault, place: str) -> None:
    setting = "enforcement" if "enforcement" in expect else "exemption_ends"
    rows = firm.query("SELECT value FROM configuration WHERE collector = 'azure.policy_assignments' AND boundary = "
                      f"'{place}' AND setting = '{setting}' AND ends_with(resource, '/{expect['name']}')")
    if "days_ago" in expect:
        assert [datetime.fromisoformat(row[0]) for row in rows] == [expected.days(firm.estate, expect["days_ago"])]
    else:
        assert rows == [(expect[setting],)]
    found = [one for one in firm.estate.planted if one["collector"] == "azure.policy_assignments"]
    deficient(firm, "policy-assignments", place, len([one for one in found if one["boundary"] == place]))


@answers("azure-old-drill", "azure-failed-drill", "azure-never-drilled")
def _(firm: Firm, expect: Fault, place: str) -> None:
    """One server was tried long ago, one in vain, one never: what was shown is too old to count."""
    rows = firm.query("SELECT outcome, occurred_at FROM backup_test WHERE collector = 'azure.site_recovery_drills' "
                      f"AND boundary = '{place}' AND ends_with(resource, '#{expect['name']}')")
    assert [row[0] for row in rows] == [expect["outcome"]]
    if "days_ago" in expect:
        assert rows[0][1].date() == expected.days(firm.estate, expect["days_ago"]).date()
    held = firm.units["disaster-recovery-drills", place]
    assert (held["freshness"], held["conclusion"]) == ("stale", "unknown")


@answers("azure-drill-not-cleared-up", "azure-replication-critical")
def _(firm: Firm, expect: Fault, place: str) -> None:
    setting = "test_state" if "test_state" in expect else "replication_health"
    rows = firm.query("SELECT value FROM configuration WHERE collector = 'azure.replicated_servers' AND boundary = "
                      f"'{place}' AND setting = '{setting}' AND ends_with(resource, '/{expect['name']}')")
    assert rows == [(expect[setting],)]
    deficient(firm, "replicated-servers-azure", place, 2)  # one fault of each of two servers


@answers("azure-database-in-clear", "azure-server-not-audited", "azure-database-kept-two-days")
def _(firm: Firm, expect: Fault, place: str) -> None:
    setting = next(name for name in ("encrypted", "audited", "restorable_days") if name in expect)
    one = next(one for one in firm.estate.subscriptions.things
               if (one.name, one.subscription.id) == (expect["name"], place) and "Microsoft.Sql/" in one.id)
    if setting == "restorable_days":
        told = datetime.fromisoformat(str(text(firm, "azure.sql_backup_audit", one.id, "earliest_restore")))
        assert told == expected.days(firm.estate, expect[setting])
    else:
        assert value(firm, "azure.sql_backup_audit", one.id, setting) is expect[setting]
    found = [one for one in firm.estate.planted if one["collector"] == "azure.sql_backup_audit"]
    deficient(firm, "sql-servers-azure", place, len([one for one in found if one["boundary"] == place]))


@answers("azure-refusal-not-applied", "azure-review-left-undecided")
def _(firm: Firm, expect: Fault, place: str) -> None:
    wanted = "denied" if "applied" in expect else "not_reviewed"
    rows = firm.query("SELECT principal, applied, boundary FROM access_review WHERE collector = "
                      f"'azure.resource_access_reviews' AND decision = '{wanted}'")
    assert rows == [(expect["principal"], expect.get("applied"), place)] or wanted == "not_reviewed"
    assert [row[0] for row in rows] == [expect["principal"]]
    deficient(firm, "access-reviews-entra", place, 2)  # one undecided, one refused and not taken away
    told = {datetime.fromisoformat(one["from"]): one["state"]
            for one in unit(firm, "access-reviews-entra", place)["periods"]}
    for start, held in expected_azure.quarters(firm.estate, expected_azure.reviewed(firm.estate, place)).items():
        assert told[start] == ("covered" if held else "gap"), start


@answers("azure-roles-never-reviewed")
def _(firm: Firm, expect: Fault, place: str) -> None:
    run = next(one for one in firm.runs
               if (one["collector"], one["boundary"]) == ("azure.resource_access_reviews", place))
    assert (run["outcome"], run["records"]) == ("succeeded", expect["records"])
    held = firm.units["access-reviews-entra", place]
    assert (held["freshness"], held["coverage"]) == ("missing", expect["coverage"])


@answers("azure-standing-owner", "azure-eligible-for-ever")
def _(firm: Firm, expect: Fault, place: str) -> None:
    rows = firm.query("SELECT principal, role, expires_at FROM \"grant\" WHERE collector = 'azure.pim_resource_roles' "
                      f"AND boundary = '{place}' AND privileged AND principal_type = 'user' AND expires_at IS NULL "
                      f"AND via = '{expect['via']}'")
    assert rows == [(expect["principal"], expect["role"], expect["expires_at"])]
    deficient(firm, "privileged-roles-azure", place, 2)  # one is held for good, one may be activated for ever


@answers("azure-activated-without-second-factor")
def _(firm: Firm, expect: Fault, place: str) -> None:
    rows = firm.query("SELECT f.value, c.boundary FROM configuration AS c JOIN configuration AS f USING (resource) "
                      "WHERE c.collector = 'azure.pim_resource_policies' AND c.setting = 'mfa_required' "
                      "AND c.value = 'false' AND f.setting = 'role'")
    assert [(row[0], row[1]) for row in rows] == [(expect["role"], place)]
    deficient(firm, "privileged-activation-entra", place, 1)
