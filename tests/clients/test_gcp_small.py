"""The parts of the Google client that need no network: pace, pages, paths, codes, the custom role."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from agent.clients.gcp.errors import ApiError, BrokenError, of_body
from agent.clients.gcp.failures import ELSEWHERE, NOT_LICENSED, Place, codes, translate
from agent.clients.gcp.methods import METHODS, Rest
from agent.clients.gcp.pages import finder, lacks, listed
from agent.clients.gcp.rest import _answered
from agent.clients.gcp.role import role, terraform
from agent.clients.gcp.throttle import RATES, Throttle
from agent.clients.throttle import LEAST, Limit
from agent.collector import Api, Header
from agent.model import Boundary
from agent.registry import Registry
from agent.run.plan import Planner


class Clock:
    """A clock that is set by hand."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_family_slows_down_for_everybody_and_recovers() -> None:
    clock = Clock()
    throttle = Throttle(clock)
    whole = RATES["sql"]
    assert throttle.turn("sql.backupRuns.list") == 0.0
    throttle.refuse("sql.backupRuns.list", 5.0, 0)
    assert throttle.rate("sql.instances.list") == whole / 2
    assert throttle.turn("sql.instances.list") == pytest.approx(5.0)
    assert throttle.turn("compute.firewalls.list") == 0.0
    assert throttle.waited["sql"] == pytest.approx(5.0)
    for _ in range(100):
        throttle.answer("sql.operations.list")
    assert throttle.rate("sql.instances.list") == whole
    clock.now += 60.0
    for _ in range(100):
        throttle.refuse("sql.instances.list", 0.0, 0)
    assert throttle.rate("sql.instances.list") == whole * LEAST


@pytest.mark.parametrize("asked", [1e12, float("inf")])
def test_a_refusal_for_ever_closes_a_family_for_an_hour(asked: float) -> None:
    clock = Clock()
    throttle = Throttle(clock)
    throttle.refuse("sql.backupRuns.list", asked, 0)
    assert throttle.turn("sql.backupRuns.list") == 3600.0
    clock.now += 3601.0
    assert throttle.turn("sql.backupRuns.list") == 0.0
    throttle.learn("sql", Limit(1, 1), near=False, closed=asked)
    assert throttle.turn("sql.backupRuns.list") == 3600.0


def test_an_answer_without_a_byte_is_no_empty_list() -> None:
    answer = SimpleNamespace(status_code=200, headers={"Content-Type": "application/json"})
    assert _answered(answer, b"{}\n") == {}
    with pytest.raises(BrokenError):
        _answered(answer, b"")


def test_the_time_to_come_back_may_be_an_instant() -> None:
    headers = {"Retry-After": "Mon, 01 Jun 2026 10:00:30 GMT", "Date": "Mon, 01 Jun 2026 10:00:00 GMT"}
    with pytest.raises(ApiError) as caught:
        _answered(SimpleNamespace(status_code=429, headers=headers), b"")
    assert caught.value.retry_after == 30.0


def test_a_method_with_a_quota_of_its_own_is_a_family() -> None:
    throttle = Throttle(Clock())
    throttle.refuse("logging.list_log_entries", 9.0, 0)
    assert throttle.turn("logging.list_sinks") == 0.0
    assert throttle.turn("logging.list_log_entries") == pytest.approx(9.0)


@pytest.mark.parametrize(("key", "found"), [
    ("items", [1, 2]), ("policy.bindings", ["b"]), ("nothing.there", []), ("@", [{"items": [1, 2],
     "policy": {"bindings": ["b"]}}]),
])
def test_items_are_found(key: str, found: list[object]) -> None:
    assert listed(finder(key)({"items": [1, 2], "policy": {"bindings": ["b"]}})) == found


def test_everything_that_a_page_could_not_reach_is_named() -> None:
    page = {
        "unreachable": ["projects/p/locations/a"], "unreachables": ["regions/b"], "missingZones": ["c"],
        "warnings": [{"code": "REGION_UNREACHABLE", "region": "d", "message": "down"}],
        "warning": {"code": "PARTIAL_SUCCESS", "message": "half"},
        "items": {"zones/e": {"warning": {"code": "UNREACHABLE", "message": "zone e"}},
                  "zones/f": {"warning": {"code": "NO_RESULTS_ON_PAGE", "message": "none"}}},
    }
    assert list(lacks(page)) == [
        "projects/p/locations/a could not be reached", "regions/b could not be reached", "c could not be reached",
        "d REGION_UNREACHABLE: down", "PARTIAL_SUCCESS: half", "UNREACHABLE: zone e",
    ]
    assert list(lacks({"items": [1], "nextPageToken": "x"})) == []


def test_a_part_of_a_path_cannot_lead_elsewhere() -> None:
    method = METHODS["sql.backupRuns.list"]
    assert isinstance(method, Rest)
    url, query, body = method.request({"project": "p/../../x?y", "instance": "-", "maxResults": 5})
    assert url == "https://sqladmin.googleapis.com/v1/projects/p%2F..%2F..%2Fx%3Fy/instances/-/backupRuns"
    assert (query, body) == ({"maxResults": 5}, None)


def test_a_switched_off_api_is_an_answer_only_of_the_project_that_is_read() -> None:
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "SERVICE_DISABLED",
                "metadata": {"consumer": "projects/1032"}}]
    new = of_body(403, json.dumps({"error": {"status": "PERMISSION_DENIED", "details": details}}).encode(), "", "")
    assert codes(new, ("data-prod", "1032")) == ("SERVICE_DISABLED",)
    assert codes(new, ("data-prod",)) == (ELSEWHERE,)
    message = "Cloud SQL Admin API has not been used in project 1032 before or it is disabled."
    said = {"error": {"code": 403, "message": message, "errors": [{"reason": "accessNotConfigured"}]}}
    assert codes(of_body(403, json.dumps(said).encode(), "", ""), ("1032",)) == ("SERVICE_DISABLED",)
    assert codes(of_body(403, json.dumps(said).encode(), "", ""), ("99",)) == (ELSEWHERE,)


@pytest.mark.parametrize(("text", "bought"), [
    ("Security Command Center Legacy has been permanently disabled as of June 7, 2021.", False),
    ("This feature requires the Security Command Center Premium tier.", False),
    ("Security Command Center is not activated for this resource.", False),
    ("Permission 'securitycenter.findings.list' denied on resource (or it may not exist).", True),
    ("Request contains an invalid argument.", True),
])
@pytest.mark.parametrize("code", ["INVALID_ARGUMENT", "PERMISSION_DENIED", "FAILED_PRECONDITION"])
def test_what_is_not_bought_is_told_in_words_alone(text: str, bought: bool, code: str) -> None:
    error = ApiError(code, 400, text)
    place = Place(Api("securitycenter.organizations.sources.findings.list", ("a.b.c",)), "organizations/1")
    assert (codes(error, ())[0] == NOT_LICENSED) is not bought
    assert (translate(error, place).lacking.reason == "unavailable") is not bought


@pytest.mark.parametrize(("body", "code", "message"), [
    (b"<html>", "UNAVAILABLE", ""), (b'[{"error": {"status": "ABORTED", "message": "m"}}]', "ABORTED", "m"),
    (b'{"error": "invalid_grant"}', "UNAVAILABLE", "invalid_grant"), (b"[]", "UNAVAILABLE", ""),
])
def test_errors_of_any_form_are_read(body: bytes, code: str, message: str) -> None:
    error = of_body(503, body, "12", "r-1")
    assert (error.code, error.message, error.retry_after, error.request) == (code, message, 12.0, "r-1")


def _header(identifier: str, per: str, permission: str) -> Header:
    return Header(id=identifier, title="X", kind="asset", population="Every x of it.", provider="gcp",
                  per=per, calls=(Api("sql.instances.list", (permission,)),))  # type: ignore[arg-type]  # a test's word


def test_the_role_holds_what_is_declared_and_what_the_client_needs() -> None:
    headers = [_header("gcp.a", "member", "z.y.list"), _header("gcp.b", "member", "a.b.list")]
    said = json.loads(role(headers))
    assert said["includedPermissions"] == [
        "a.b.list", "resourcemanager.folders.get", "resourcemanager.folders.list",
        "resourcemanager.organizations.get", "resourcemanager.projects.get", "resourcemanager.projects.list",
        "z.y.list",
    ]
    assert said["stage"] == "GA"
    assert all(f'"{one}"' in terraform(headers) for one in said["includedPermissions"])
    assert not [one for one in json.loads(role(Registry.load().headers()))["includedPermissions"] if ":" in one]


def test_a_container_runs_nothing_that_is_of_its_members() -> None:
    headers = tuple(_header(f"gcp.{per}", per, "a.b.c") for per in ("member", "boundary", "organization"))
    from datetime import UTC, datetime, timedelta

    from agent.run.plan import Facts

    planner = Planner(headers=headers, intervals={one.id: timedelta(days=1) for one in headers})
    places = [Boundary("s", "gcp", "organizations/1", organization=True), Boundary("s", "gcp", "p-one")]
    tasks = planner.tasks(places, datetime(2026, 6, 1, tzinfo=UTC), Facts(last={}, watermarks={}))
    assert {(task.boundary, task.collector) for task in tasks} == {
        ("organizations/1", "gcp.boundary"), ("organizations/1", "gcp.organization"),
        ("p-one", "gcp.member"), ("p-one", "gcp.boundary"),
    }
