"""What Google Cloud and Entra say of the estate has the published shapes, and the same people are in all of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from google.cloud.asset_v1 import Asset
from google.protobuf.json_format import ParseDict

from agent.clients.azure.operations import METHODS
from agent.clients.azure.provider import AzureProvider
from agent.clients.azure.scope import AzureScope
from agent.clients.entra.credentials import Tokens
from agent.clients.entra.provider import EntraProvider
from agent.clients.entra.scope import EntraScope
from agent.clients.entra.wire import Wire
from agent.errors import FatalError
from agent.registry import Registry
from tests.lab.azure import judge as arm
from tests.lab.azure.lab import TABLES, Lab
from tests.lab.entra import governance, judge, tenant, told
from tests.lab.entra.lab import Lab as Tenant
from tests.lab.estate import Estate
from tests.lab.gcp import machines, resources, rpcs, traffic
from tests.lab.gcp.published import methods, strangers

NOW = datetime(2026, 11, 24, tzinfo=UTC)
ESTATE = Estate.load(now=NOW)
GOOGLE = {name: one for part in (resources, machines, traffic) for name, one in part.table.answers(ESTATE).items()}
GRAPH = tenant.table.answers(ESTATE) | told.table.answers(ESTATE) | governance.table.answers(ESTATE)
AZURE = {name: one for table in TABLES for name, one in table.answers(ESTATE).items()}
SPAN = 'timestamp>="2026-11-01T00:00:00Z" AND timestamp<"2026-11-24T00:00:00Z"'


def asked(call: str) -> dict[str, Any]:
    """Return what a question about the shop's project, or the organization, has for parameters."""
    google = ESTATE.google
    place = google.organization if "organizations" in call else "projects/nordwind-shop"
    names = {"folders.get": google.folder, "folders.list": google.organization, "projects.list": google.folder,
             "keyRings.list": f"{place}/locations/europe-west3"}
    place = next((one for end, one in names.items() if call.endswith(end)), place)
    robot = next(one for one in google.robots if one.keys)
    key = f"projects/{robot.project.id}/serviceAccounts/{robot.email}"
    uri = f"gs://{google.of('buckets')[0].name}/annexa/x.ndjson"
    name = {"keys.list": key, "get_operation": f"{place}/operations/ExportAssets/RESOURCE/{uri.encode().hex()}"}
    return {"project": "nordwind-shop", "parent": place, "resource": place, "resource_names": [place], "filter": SPAN,
            "name": next((one for end, one in name.items() if call.endswith(end)), place),
            "bucket": google.of("buckets")[0].name, "permissions": ["storage.objects.get"],
            "output_config": {"gcs_destination": {"uri": uri}}}


def first(said: Any) -> dict[str, Any]:
    return dict(said) if isinstance(said, dict) else dict(said[0])


@pytest.mark.parametrize("call", GOOGLE)
def test_google_says_what_is_published(call: str) -> None:
    page = first(GOOGLE[call](asked(call)))
    assert page
    if call in rpcs.RPCS:
        assert rpcs.RPCS[call].bytes(page), "the class has a member for each"
    elif methods()[call].media:
        assert page["lines"]
        for line in page["lines"]:
            ParseDict(line, Asset.pb()())
    else:
        method = methods()[call]
        assert list(strangers("#" + method.response, page, method.schemas)) == []


@pytest.mark.parametrize("call", GRAPH)
def test_graph_says_what_is_published(call: str) -> None:
    review = ESTATE.directory.reviews[0]
    ids = (review.definition, review.id)[: call.count(".item")]
    ids = {"groups.item.members": (ESTATE.directory.groups[review.group],)}.get(call, ids)
    page = first(GRAPH[call](ids, {}))
    assert page.get("value", True)
    assert judge.unknown(call, page) == set()


@pytest.mark.parametrize("call", [name for name in AZURE if name in arm.PUBLISHED])
def test_azure_says_what_is_published(call: str) -> None:
    here, review = ESTATE.subscriptions.all[0], ESTATE.subscriptions.reviews[0]
    span = "startTime eq '2026-10-25 12:00:00 AM' and endTime eq '2026-11-24 12:00:00 AM'"
    events = "eventTimestamp ge '2026-11-01T00:00:00Z' and eventTimestamp le '2026-11-24T00:00:00Z'"
    params = {
        "subscriptionId": here.id, "scope": here.path, "scopeId": here.path, "resourceUri": here.path,
        "resourceGroupName": "rg-production", "accountName": "nwstprod0000", "query": "resources | order by id asc",
        "filter": f"operation eq 'Backup' and {span}" if call.startswith("recoveryservices") else events,
        "vaultName": "bv-production" if call.startswith("dataprotection") else "rsv-production",
        "serverName": "sql-main", "databaseName": "ledger", "groupId": ESTATE.subscriptions.file["management_group"],
        "scheduleDefinitionId": review.definition, "id": review.id,
    }
    page = first(AZURE[call](params))
    assert page.get(METHODS[call].items, True)
    assert arm.unknown(call, METHODS[call], page) == set()


def test_subscriptions_are_found_below_their_management_group(monkeypatch: pytest.MonkeyPatch) -> None:
    group, unknown = ESTATE.subscriptions.file["management_group"], "elsewhere"
    with Lab(ESTATE) as lab:
        for name, value in lab.double.environ().items():
            monkeypatch.setenv(name, value)

        def expanded(name: str) -> list[str]:
            scope = AzureScope(name="azure", management_group=name, endpoint=lab.double.url)
            return [one.id for one in AzureProvider(scope).expand().boundaries]

        assert expanded(group) == [f"managementGroups/{group}", *sorted(one.id for one in ESTATE.subscriptions.all)]
        with pytest.raises(FatalError, match="no subscription can be read"):
            expanded(unknown)


@pytest.mark.parametrize("cloud", ["azure", "entra"])
def test_the_company_allows_the_agent_all_that_it_asks_for(cloud: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # What the doctor tries: made-up names are not there, and what is there may be read.
    with (Lab(ESTATE) if cloud == "azure" else Tenant(ESTATE)) as lab:
        for name, value in lab.double.environ().items():
            monkeypatch.setenv(name, value)
        provider: Any = AzureProvider(AzureScope(name="azure", endpoint=lab.double.url))
        if cloud == "entra":
            scope = EntraScope(name="entra", tenant=lab.double.tenant, endpoint=lab.double.url)
            provider = EntraProvider(scope, Wire(scope, Tokens(scope), paced=False))
        tried = {
            (one.permission, one.state) for place in provider.expand().boundaries
            for header in Registry.load().headers() if header.provider == cloud
            and (header.per == "organization") == (cloud == "azure" and place.organization)
            for one in provider.probe(header, place, "")
        }
    query = "Microsoft.OperationalInsights/workspaces/query"  # it takes a workspace to be tried
    untried = {(f"{query}/{one}", "untried") for one in ("read", "Usage/read")} if cloud == "azure" else set()
    assert {one for one in tried if one[1] != "ok"} == untried


def test_a_list_is_told_page_by_page_and_whole() -> None:
    pages = GRAPH["users"]((), {"$top": "20", "$select": "id,userPrincipalName"})
    told = [one for page in pages for one in page["value"]]
    assert len(pages) == 5
    assert [one["id"] for one in told] == [one.id for one in ESTATE.directory.members]
    assert set(told[0]) == {"id", "userPrincipalName"}


def test_windows_are_exact() -> None:
    pages = GOOGLE["logging.list_log_entries"](asked("") | {"page_size": 7})
    told = [one["insertId"] for page in pages for one in page["entries"]]
    start, end = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 24, tzinfo=UTC)
    assert told == [one.id for one in ESTATE.google.entries if one.parent == "nordwind-shop" and start <= one.at < end]


def test_who_left_is_the_same_in_every_cloud() -> None:
    upn = ESTATE.directory.by_name["peter.former"].upn
    assert any(user.name == "peter.former" for user in ESTATE.users)
    assert any(not one.enabled for one in ESTATE.people if one.name == "peter.former")
    assert any(f"user:{upn}" in one.members for one in ESTATE.google.bindings)
    held = {one.principal for one in ESTATE.subscriptions.given}
    assert ESTATE.directory.by_name["peter.former"].id in held


@pytest.mark.parametrize("scale", [8])
def test_other_clouds_grow_with_the_scale(scale: int) -> None:
    large = ESTATE.scaled(scale)
    for part, names in (("google", ("things", "robots", "entries", "alarms")),
                        ("directory", ("members", "applications", "devices", "sign_ins", "changes")),
                        ("subscriptions", ("things", "jobs", "given", "events"))):
        for name in names:
            ratio = len(getattr(getattr(large, part), name)) / len(getattr(getattr(ESTATE, part), name))
            assert scale * 0.7 <= ratio <= scale * 1.25, (part, name, ratio)
