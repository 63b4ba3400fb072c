"""The faults that the estate plants in Azure, and what the agent must say of each."""

from __future__ import annotations

from tests.truth import expected, expected_azure
from tests.truth.conftest import Firm
from tests.truth.planted import Fault, answers, deficient, unit, value


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
    deficient(firm, "access-grants", place, expected_azure.people_with_power(firm.estate, place))


@answers("azure-log-goes-nowhere")
def _(firm: Firm, expect: Fault, place: str) -> None:
    rows = firm.query("SELECT name, boundary, enabled FROM log_source WHERE collector = 'azure.diagnostic_settings' "
                      "AND NOT enabled")
    assert rows == [(expect["name"], place, expect["enabled"])]


@answers("azure-setting-deleted")
def _(firm: Firm, expect: Fault, place: str) -> None:
    rows = firm.query("SELECT actor, boundary, occurred_at FROM log_event WHERE collector = 'azure.activity_log' "
                      f"AND action = '{expect['action']}'")
    when = expected.days(firm.estate, expect["days_ago"]).date()
    assert [(row[0], row[1], row[2].date()) for row in rows] == [(expect["actor"], place, when)]


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
