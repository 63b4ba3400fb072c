"""The client of Google Cloud against its double: scopes, patience, credentials, both wires."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent.clients import CallError, Deadline, InterruptedRunError, Witness
from agent.clients.gcp.client import GcpClient
from agent.clients.gcp.methods import METHODS, Rest
from agent.clients.gcp.probe import least
from agent.clients.gcp.provider import GcpProvider
from agent.clients.gcp.scope import GcpScope
from agent.clients.gcp.wire import Wire
from agent.collector import Api, Header
from agent.errors import ConfigurationError, FatalError
from agent.model import Boundary, Outcome
from agent.registry import Registry
from tests.lab.gcp import faults
from tests.lab.gcp.double import Double
from tests.lab.gcp.paging import Pages
from tests.lab.gcp.published import candidates
from tests.lab.gcp.tokens import ACCOUNT, AUDIENCE

SEARCH, SQL = "cloudasset.search_all_resources", "sql.backupRuns.list"
HEADER = Header(
    id="gcp.synthetic", title="Synthetic", kind="asset", provider="gcp", per="boundary",
    population="Every resource of the project, for the tests.",
    calls=(
        Api(SEARCH, ("cloudasset.assets.searchAllResources",)),
        Api(SQL, ("cloudsql.backupRuns.list",)),
        Api("logging.list_log_entries", ("logging.logEntries.list",)),
    ),
)
BOUNDARY = Boundary("lab", "gcp", "data-prod")
CRM = "cloudresourcemanager."
TREE: dict[str, Any] = {
    CRM + "organizations.get": {"name": "organizations/123", "displayName": "example.com"},
}

PROJECTS: dict[str, Pages] = {
    "organizations/123": [
        {"projects": [
            {"name": "projects/1", "projectId": "data-prod", "displayName": "Data", "state": "ACTIVE"},
        ]},
        {"projects": [{"name": "projects/2", "projectId": "sys-117", "state": "ACTIVE"},
                      {"name": "projects/3", "projectId": "gone", "state": "DELETE_REQUESTED"}]},
    ],
    "folders/8": {},
    "folders/7": {"projects": [{"name": "projects/4", "projectId": "web-prod", "state": "ACTIVE"},
                               {"name": "projects/5", "projectId": "sandbox", "state": "ACTIVE"}]},
}


@pytest.fixture
def double(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Double]:
    with Double() as made:
        for name, value in made.environ(tmp_path).items():
            monkeypatch.setenv(name, value)
        made.script({
            SEARCH: [{"results": [{"name": f"//x/{page}{n}"} for n in range(3)]} for page in range(3)],
            SQL: [{"items": [{"id": str(page), "instance": "a"}]} for page in range(3)],
            **TREE,
        })
        made.handle(CRM + "folders.list", lambda asked: {
            "organizations/123": {"folders": [{"name": "folders/7", "displayName": "Production", "state": "ACTIVE"}]},
            "folders/7": {"folders": [{"name": "folders/8", "state": "ACTIVE"}]},
        }.get(asked["parent"], {}))
        made.handle(CRM + "projects.list", lambda asked: PROJECTS[asked["parent"]])
        yield made


@pytest.fixture
def waits() -> list[float]:
    return []


Provide = Callable[..., GcpProvider]


@pytest.fixture
def provide(double: Double, waits: list[float]) -> Provide:
    """Return a maker of providers: scope keys, and keys of the wire under `wire`."""

    def make(wire: dict[str, Any] | None = None, **given: Any) -> GcpProvider:
        scope = GcpScope(**{"name": "lab", "parent": "organizations/123", "endpoint": double.url, **given})
        patient = {"sleep": lambda seconds, _: waits.append(seconds), "chance": lambda: 1.0, **(wire or {})}
        return GcpProvider(scope, Wire(scope, **patient))

    return make


def opened(provider: GcpProvider, seconds: float = 30) -> tuple[GcpClient, Witness]:
    witness = Witness(HEADER)
    return provider.open(BOUNDARY, "", witness, Deadline.after(seconds)), witness


def resources(client: GcpClient) -> list[str]:
    found = []
    for item in client.population(SEARCH, key="results", scope=client.parent):
        found.append(item["name"])
        client.witness.yielded()
    return found


def runs(client: GcpClient) -> list[str]:
    found = []
    for item in client.population(SQL, key="items", project=client.project, instance="-"):
        found.append(item["id"])
        client.witness.yielded()
    return found


def test_an_organization_holds_itself_and_the_projects_below_it(provide: Provide) -> None:
    found = provide(exclude=("sandbox", "typo")).expand()
    assert [(one.id, one.name, one.organization) for one in found.boundaries] == [
        ("organizations/123", "example.com", True), ("folders/7", "Production", False),
        ("folders/8", "", False), ("data-prod", "Data", False), ("web-prod", "", False),
    ]
    assert found.lacking == ()
    assert set(found.notes) == {
        "project gone is delete_requested", "1 projects of Apps Scripts are passed over",
        "project typo is excluded, and not there",
    }


def test_a_folder_is_a_scope_with_everything_below_it(provide: Provide, double: Double) -> None:
    double.script({CRM + "folders.get": {"name": "folders/7", "displayName": "Production", "state": "ACTIVE"}})
    provider = provide(parent="folders/7")
    found = provider.expand()
    assert [(one.id, one.organization) for one in found.boundaries] == [
        ("folders/7", True), ("folders/8", False), ("web-prod", False), ("sandbox", False),
    ]
    client = provider.open(found.boundaries[1], "", Witness(HEADER), Deadline.after(30))
    assert (client.parent, client.project) == ("folders/8", "")


def test_a_project_is_a_scope_of_its_own(provide: Provide, double: Double) -> None:
    double.script({CRM + "projects.get": {"name": "projects/1", "projectId": "data-prod", "state": "ACTIVE"}})
    provider = provide(parent="projects/data-prod")
    (found,) = provider.expand().boundaries
    assert (found.id, found.organization) == ("data-prod", True)
    assert provider.identity(found) == ACCOUNT
    assert provider.clock() is not None


def test_a_folder_that_may_not_be_listed_is_named(provide: Provide, double: Double) -> None:
    double.fault(CRM + "projects.list", faults.denied(permission="resourcemanager.projects.list"),
                 where={"parent": "folders/7"})
    found = provide().expand()
    assert [one.id for one in found.boundaries] == ["organizations/123", "folders/7", "folders/8", "data-prod"]
    (lacking,) = found.lacking
    assert (lacking.reason, lacking.permission) == ("denied", "resourcemanager.projects.list")
    assert "folders/7" in lacking.detail


def test_a_parent_that_may_not_be_read_is_one_line_with_advice(provide: Provide, double: Double) -> None:
    double.fault(CRM + "organizations.get", faults.denied(permission="resourcemanager.organizations.get"))
    with pytest.raises(FatalError) as caught:
        provide().expand()
    assert "scope" not in caught.value.message, "whoever shows it names the scope"
    assert "resourcemanager.organizations.get" in caught.value.advice


def test_no_credentials_are_one_line(provide: Provide, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "nowhere.json"))
    with pytest.raises(FatalError, match="no credentials for Google Cloud"):
        provide().expand()


def test_of_what_the_sdk_says_the_first_sentence_is_told(
    provide: Provide, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    with pytest.raises(FatalError) as caught:
        provide().expand()
    assert caught.value.message == "no credentials for Google Cloud (Your default credentials were not found)"
    assert "GOOGLE_APPLICATION_CREDENTIALS" in caught.value.advice


def test_a_token_never_goes_out_in_clear(provide: Provide) -> None:
    with pytest.raises(ConfigurationError, match="token in clear"):
        provide(endpoint="http://cloud.example.com").expand()


def test_both_wires_carry_the_token_and_the_quota_project(provide: Provide, double: Double) -> None:
    client, witness = opened(provide(quota_project="billing"))
    assert len(resources(client)) == 9
    assert runs(client) == ["0", "1", "2"]
    assert {call.headers["x-goog-user-project"] for call in double.calls} == {"billing"}
    assert all(call.headers["authorization"].startswith("Bearer lab-") for call in double.calls)
    assert "scope=projects" in double.calls[0].headers["x-goog-request-params"]
    closing = witness.close(12)
    assert closing.outcome is Outcome.SUCCEEDED
    sql = next(call for call in closing.calls if call.service == "sql")
    assert (sql.operation, sql.pages, sql.items, sql.complete) == ("backupRuns.list", 3, 3, True)
    assert sql.requests == [f"{SQL}-1", f"{SQL}-2", f"{SQL}-3"]


def test_a_password_of_netrc_does_not_take_the_place_of_the_token(
    provide: Provide, double: Double, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("default login ada password not-for-google\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    client, _ = opened(provide())
    assert runs(client) == ["0", "1", "2"]
    assert all(call.headers["authorization"].startswith("Bearer lab-") for call in double.calls)


def test_a_service_account_is_acted_as(provide: Provide, double: Double) -> None:
    provider = provide(impersonate="reader@data-prod.iam.gserviceaccount.com")
    client, _ = opened(provider)
    assert len(resources(client)) == 9
    assert runs(client) == ["0", "1", "2"]
    assert provider.identity(BOUNDARY) == "reader@data-prod.iam.gserviceaccount.com"


@pytest.mark.parametrize(("account", "name"), [("", AUDIENCE), ("reader@lab.example", "reader@lab.example")])
def test_workload_identity_reads_by_either_wire(
    provide: Provide, double: Double, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, account: str, name: str
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(double.workload_file(tmp_path, account=account)))
    provider = provide(quota_project="billing")
    client, _ = opened(provider)
    assert len(resources(client)) == 9
    assert runs(client) == ["0", "1", "2"]
    assert provider.identity(BOUNDARY) == name
    assert {call.headers["x-goog-user-project"] for call in double.calls} == {"billing"}


@pytest.mark.parametrize("read", [resources, runs])
def test_a_workload_whose_token_is_not_taken_any_more_is_told(
    provide: Provide, double: Double, monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
    read: Callable[[GcpClient], list[str]],
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(double.workload_file(tmp_path)))
    double.issuer.outside.clear()
    client, witness = opened(provide())
    with pytest.raises(CallError, match="invalid_grant") as caught:
        read(client)
    assert "outside-token" not in caught.value.line()
    assert witness.close(0).lacking[0].reason == "expired"


@pytest.mark.parametrize("read", [resources, runs])
def test_google_is_given_the_time_that_it_asks_for(
    provide: Provide, double: Double, waits: list[float], read: Callable[[GcpClient], list[str]]
) -> None:
    double.fault("*", faults.throttle(1, retry_after=7), page=2)
    client, witness = opened(provide(wire={"paced": False}))
    assert len(read(client)) in (3, 9)
    assert waits == [7.0]
    assert witness.close(9).outcome is Outcome.SUCCEEDED


def test_more_time_than_a_call_has_ends_it_at_once(provide: Provide, double: Double, waits: list[float]) -> None:
    double.fault(SQL, faults.throttle(None, retry_after=181))
    client, witness = opened(provide(wire={"paced": False}), seconds=1000)
    with pytest.raises(CallError, match="throttled to the end"):
        runs(client)
    assert waits == []
    assert witness.close(0).lacking[0].reason == "throttled"


def test_the_older_apis_quota_error_is_no_refusal(provide: Provide, double: Double, waits: list[float]) -> None:
    double.fault(SQL, faults.old_throttle(2))
    client, _ = opened(provide(wire={"paced": False}))
    assert runs(client) == ["0", "1", "2"]
    assert waits == [1.0, 2.0]


def test_a_service_that_stumbles_on_is_left(provide: Provide, double: Double, waits: list[float]) -> None:
    double.fault(SEARCH, faults.unavailable(None))
    client, witness = opened(provide(wire={"paced": False}))
    with pytest.raises(CallError, match="UNAVAILABLE"):
        resources(client)
    assert waits == [1.0, 2.0, 4.0, 8.0]
    assert witness.close(0).outcome is Outcome.FAILED


@pytest.mark.parametrize("call", [SEARCH, SQL])
def test_an_answer_that_does_not_come(provide: Provide, double: Double, call: str) -> None:
    double.fault(call, faults.slow(3))
    client, _ = opened(provide(wire={"paced": False, "call_seconds": 0.5}))
    with pytest.raises(CallError, match="no answer within the time"):
        (resources if call == SEARCH else runs)(client)


def test_a_large_answer_is_read(provide: Provide, double: Double) -> None:
    double.fault("*", faults.huge(100_000_000, times=2), page=1)
    client, _ = opened(provide())
    assert runs(client) == ["0", "1", "2"]
    assert len(resources(client)) == 9


@pytest.mark.parametrize("seconds", [-300.0, 300.0])
def test_a_clock_that_is_off_is_told(provide: Provide, double: Double, seconds: float) -> None:
    double.issuer.skew = seconds
    provider = provide()
    runs(opened(provider)[0])
    told = provider.clock()
    assert told
    assert abs((told - datetime.now(UTC)).total_seconds() - seconds) < 60


def test_a_clock_that_is_off_by_too_much_gets_no_token(provide: Provide, double: Double) -> None:
    double.issuer.skew = 3600.0
    client, witness = opened(provide())
    with pytest.raises(CallError, match="reasonable timeframe"):
        runs(client)
    assert witness.close(0).lacking[0].reason == "expired"


def test_an_agent_that_stops_waits_no_longer(provide: Provide) -> None:
    client, witness = opened(provide())
    witness.stop.set()
    with pytest.raises(InterruptedRunError):
        resources(client)


def test_a_perimeter_is_told_from_a_missing_permission(provide: Provide, double: Double) -> None:
    double.fault(SQL, faults.perimeter())
    client, _ = opened(provide())
    with pytest.raises(CallError) as caught:
        runs(client)
    assert "ingress rule" in caught.value.advice
    assert caught.value.lacking.reason == "denied"


def test_parameters_that_make_no_request_are_a_defect(provide: Provide) -> None:
    client, _ = opened(provide())
    with pytest.raises(CallError) as caught:
        list(client.read(SEARCH, key="results", scoop="projects/x"))
    assert "defect" in caught.value.advice
    with pytest.raises(CallError, match="needs the parameter project"):
        list(client.read(SQL, key="items", instance="-"))


def test_what_is_packed_and_of_no_known_type_is_kept(provide: Provide, double: Double) -> None:
    from google.cloud.audit import audit_log_pb2
    from google.cloud.logging_v2.types import ListLogEntriesResponse, LogEntry
    from google.protobuf import any_pb2

    inner = audit_log_pb2.AuditLog(method_name="jobservice.insert")
    inner.service_data.type_url, inner.service_data.value = "type.googleapis.com/lab.Unknown", b"\x08\x01"
    packed = any_pb2.Any()
    packed.Pack(inner)
    answer = ListLogEntriesResponse(entries=[LogEntry(log_name="projects/p/logs/x", proto_payload=packed)])
    from agent.clients.gcp.messages import plain

    (entry,) = plain(answer)["entries"]
    assert entry["protoPayload"]["methodName"] == "jobservice.insert"
    kept = entry["protoPayload"]["serviceData"]["value"]
    assert kept == {"type": "type.googleapis.com/lab.Unknown", "base64": "CAE="}


def test_permissions_are_tried(provide: Provide, double: Double) -> None:
    asked: list[list[str]] = []

    def held(params: dict[str, Any]) -> Any:
        asked.append(params["permissions"])
        if "logging.logEntries.list" in params["permissions"]:
            said = faults.error("INVALID_ARGUMENT", 400, "not valid for this resource").says
            assert said
            return said
        return {"permissions": [one for one in params["permissions"] if one.startswith("cloudsql")]}

    double.handle(CRM + "projects.testIamPermissions", held)
    found = {one.permission: one for one in provide().probe(HEADER, BOUNDARY, "")}
    assert {name: one.state for name, one in found.items()} == {
        "cloudasset.assets.searchAllResources": "denied", "cloudsql.backupRuns.list": "ok",
        "logging.logEntries.list": "unknown",
    }
    assert found["cloudasset.assets.searchAllResources"].remedy == (
        "Allow cloudasset.assets.searchAllResources on projects/data-prod"
    )
    assert len(asked) == 4


def _held(params: dict[str, Any]) -> Any:
    return {"permissions": params["permissions"]}


@pytest.mark.parametrize(("fault", "state", "remedy"), [
    (faults.switched_off("77"), "unavailable", "Switch the API on in project 77, or name another as quota_project"),
    (faults.switched_off("data-prod"), "unavailable", "Switch the API on there"),
    (faults.unlicensed(), "unavailable", "Activate it, or leave the collector out: collectors: {disable: […]}"),
    (faults.broken(), "ok", ""), (faults.denied(), "ok", ""),
])
def test_an_api_that_gives_nothing_is_told_from_a_permission(
    provide: Provide, double: Double, fault: faults.Fault, state: str, remedy: str
) -> None:
    double.handle(CRM + "projects.testIamPermissions", _held)
    header = replace(HEADER, calls=(
        Api("securitycenter.organizations.sources.findings.list", ("securitycenter.findings.list",)),
        Api("securitycenter.projects.sources.findings.list", ("securitycenter.findings.list",),
            unavailable={"NOT_FOUND": "not activated"}),
        Api(CRM + "projects.getIamPolicy", ("resourcemanager.projects.getIamPolicy",)),
    ))
    double.fault("securitycenter.*", fault)
    provider = provide()
    for _ in range(2):  # an API is tried once
        found = {one.permission: one for one in provider.probe(header, BOUNDARY, "")}
        assert (found["securitycenter.findings.list"].state, found["securitycenter.findings.list"].remedy) == (
            state, remedy)
        assert found["resourcemanager.projects.getIamPolicy"].state == "ok"
    tried = [call.name for call in double.calls if not call.name.startswith(CRM)]
    assert tried == ["securitycenter.projects.sources.findings.list"]


def test_that_an_api_is_off_is_no_fault_where_it_is_an_answer(provide: Provide, double: Double) -> None:
    double.handle(CRM + "projects.testIamPermissions", _held)
    header = replace(HEADER, calls=(Api(SQL, ("cloudsql.backupRuns.list",), answers={"SERVICE_DISABLED": "off"}),))
    double.fault(SQL, faults.switched_off("data-prod"))
    assert [one.state for one in provide().probe(header, BOUNDARY, "")] == ["ok"]
    double.reset()
    double.fault(SQL, faults.switched_off("77"))
    assert [one.state for one in provide().probe(header, BOUNDARY, "")] == ["unavailable"]


@pytest.mark.parametrize("parent", ["projects/data-prod", "folders/7", "organizations/123"])
def test_the_cheapest_call_of_every_api_is_a_request_that_google_publishes(double: Double, parent: str) -> None:
    tried = 0
    for collector in Registry.load().for_provider("gcp"):
        for api in collector.header.calls:
            call, parameters = least(api.call, parent)
            method = METHODS.get(call)
            if isinstance(method, Rest):
                url = method.request(parameters)[0]
                host, path = url.removeprefix("https://").split("/", 1)
                assert call in {one.id for one, _ in candidates("GET", "/" + path, host)}
            tried += bool(call)
    assert tried > 5
