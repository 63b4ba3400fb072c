"""The client of Microsoft Graph against the double, with azure-identity and the SDK as they are."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from azure.core.credentials import AccessToken

from agent.clients import CallError, Deadline, InterruptedRunError, Witness
from agent.clients.entra import quoted
from agent.clients.entra.client import EntraClient
from agent.clients.entra.credentials import Tokens, places
from agent.clients.entra.policy import app_roles, document, manifest, terraform
from agent.clients.entra.provider import EntraProvider
from agent.clients.entra.scope import EntraScope
from agent.clients.entra.throttle import Throttle
from agent.clients.entra.wire import Wire
from agent.clients.microsoft.tokens import claims_of
from agent.collector import Api, Header
from agent.config import load
from agent.errors import ConfigurationError, FatalError
from agent.model import Boundary, Outcome
from tests.lab.entra import faults, judge
from tests.lab.entra.double import APPLICATION, SECRET, TENANT, Double

HEADER = Header(
    id="entra.synthetic",
    title="Synthetic",
    kind="account",
    population="Every user of the tenant, for the tests.",
    provider="entra",
    per="boundary",
    calls=(
        Api("users", ("User.Read.All",)),
        Api("groups", ("Group.Read.All",), answers={"Request_ResourceNotFound": "there is none"}),
        Api("identity.conditional_access.policies", ("Policy.Read.All",)),
        Api("policies.identity_security_defaults_enforcement_policy", ("Policy.Read.All",)),
    ),
)
BOUNDARY = Boundary("lab", "entra", TENANT, "Example", organization=True)
USERS = [{"value": [{"id": f"u{page}{n}", "userPrincipalName": f"u{page}{n}@example.com"} for n in range(3)]}
         for page in range(3)]


@pytest.fixture
def double(monkeypatch: pytest.MonkeyPatch) -> Iterator[Double]:
    with Double() as made:
        for name, value in made.environ().items():
            monkeypatch.setenv(name, value)
        made.handle("users", lambda _ids, _params: USERS)
        made.handle("groups", lambda _ids, _params: [{"value": []}])
        made.handle("organization", lambda _ids, _params: [{"value": [{"id": TENANT, "displayName": "Example Ltd"}]}])
        yield made


class Patience:
    """Counts the seconds that a client would have waited."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def __call__(self, seconds: float, stop: threading.Event) -> None:
        self.waits.append(seconds)


def wire(double: Double, **more: Any) -> Wire:
    scope = EntraScope(name="lab", tenant=TENANT, endpoint=double.url)
    return Wire(scope, Tokens(scope), **{"paced": False, "sleep": lambda *_: None, **more})


def client(given: Wire, seconds: float = 60) -> EntraClient:
    return EntraClient(given, TENANT, Witness(HEADER), Deadline.after(seconds))


def ids(given: EntraClient) -> list[str]:
    found = []
    for one in given.population("users"):
        found.append(one["id"])
        given.witness.yielded()
    return found


def test_pages_are_read_to_the_last_with_one_token_for_our_origin(double: Double) -> None:
    given = client(wire(double))
    assert ids(given) == [f"u{page}{n}" for page in range(3) for n in range(3)]
    closing = given.witness.close(9)
    assert closing.outcome is Outcome.SUCCEEDED
    (call,) = closing.calls
    assert (call.service, call.pages, call.items, call.complete) == ("users", 3, 9, True)
    assert call.requests == ["users-1", "users-2", "users-3"]
    assert len(double.tokens) == 1
    assert {one.authorization for one in double.calls} == {f"Bearer {double.tokens[0]}"}


@pytest.mark.parametrize("how", ["host", "port", "scheme", "user", "version"])
def test_no_request_and_no_token_goes_to_a_foreign_link(double: Double, how: str) -> None:
    with Double() as foreign:
        port = double.url.rsplit(":", 1)[1]
        link = {
            "host": f"https://127.0.0.1:{port}/v1.0/users?$skiptoken=2",
            "port": f"{foreign.url}/v1.0/users?$skiptoken=2",
            "scheme": f"http://localhost:{port}/v1.0/users?$skiptoken=2",
            "user": f"https://localhost@localhost:{port}/v1.0/users?$skiptoken=2",
            "version": f"{double.url}/beta/users?$skiptoken=2",
        }[how]
        double.fault("users", faults.foreign_link(link), page=1)
        given = client(wire(double))
        with pytest.raises(CallError, match="is not ours"):
            ids(given)
        assert given.witness.close(3).outcome is Outcome.PARTIAL
        assert len(double.calls) == 1
        assert foreign.calls == []
        assert foreign.unserved == []


@pytest.mark.parametrize("after", [1, 200, 600])
def test_a_refusal_is_waited_out_even_beyond_what_the_sdk_would(double: Double, after: int) -> None:
    patience = Patience()
    double.fault("users", faults.throttle(1, after), page=2)
    given = client(wire(double, sleep=patience), seconds=3600)
    assert len(ids(given)) == 9
    assert patience.waits == [after]
    (call,) = given.witness.close(9).calls
    assert call.retries == 1


def test_a_refusal_without_a_time_is_waited_out_longer_each_time(double: Double) -> None:
    patience = Patience()
    double.fault("users", faults.throttle(3, None), page=1)
    assert len(ids(client(wire(double, sleep=patience), seconds=3600))) == 9
    assert patience.waits == [2.0, 4.0, 8.0]


def test_a_refusal_that_outlasts_the_run_is_named(double: Double) -> None:
    double.fault("users", faults.throttle(None, 120), page=2)
    given = client(wire(double), seconds=60)
    with pytest.raises(CallError, match="was throttled to the end"):
        ids(given)
    closing = given.witness.close(3)
    assert closing.outcome is Outcome.PARTIAL
    assert [(one.what, one.reason) for one in closing.lacking] == [("users", "throttled")]


def test_three_answers_for_what_is_missing(double: Double) -> None:
    given = client(wire(double))
    double.fault("groups", faults.error("Request_ResourceNotFound", 404))
    assert given.ask("groups") is None
    double.fault("users", faults.denied())
    with pytest.raises(CallError, match=r"Authorization_RequestDenied") as denied:
        given.ask("users")
    assert (denied.value.lacking.reason, denied.value.lacking.permission) == ("denied", "User.Read.All")
    assert "User.Read.All" in denied.value.advice
    double.handle("identity.conditional_access.policies", lambda _ids, _params: faults.no_licence())
    with pytest.raises(CallError, match="no licence") as missing:
        given.ask("identity.conditional_access.policies")
    assert (missing.value.lacking.reason, missing.value.lacking.permission) == ("unavailable", "")


def test_a_body_of_a_hundred_megabytes_is_not_read_to_its_end(double: Double) -> None:
    double.fault("users", faults.huge(), page=2)
    given = client(wire(double))
    with pytest.raises(CallError, match="larger than"):
        ids(given)


def test_a_silent_server_does_not_hold_a_thread(double: Double) -> None:
    double.fault("users", faults.slow(30), page=1)
    given = client(wire(double, call_seconds=0.3))
    with pytest.raises(CallError, match="no answer within"):
        ids(given)


def test_a_token_that_is_refused_is_renewed_once(double: Double) -> None:
    double.fault("users", faults.expired_credentials(1), page=2)
    assert len(ids(client(wire(double)))) == 9
    assert len(double.tokens) == 2
    double.fault("users", faults.expired_credentials())
    with pytest.raises(CallError, match="lost its credentials"):
        ids(client(wire(double)))


def test_a_run_that_is_stopped_ends_between_pages(double: Double) -> None:
    given = client(wire(double))
    users = given.population("users")
    next(users)
    given.witness.stop.set()
    with pytest.raises(InterruptedRunError):
        list(users)


def test_an_unknown_path_or_parameter_is_a_defect_that_is_named(double: Double) -> None:
    header = replace(HEADER, calls=(Api("audit_logs.nothing", ("AuditLog.Read.All",)), HEADER.calls[0]))
    given = EntraClient(wire(double), TENANT, Witness(header), Deadline.after(5))
    with pytest.raises(CallError, match=r"the SDK has no audit_logs\.nothing"):
        given.ask("audit_logs.nothing")
    with pytest.raises(CallError, match="unexpected keyword"):
        given.ask("users", topp=1)


def test_the_scope_is_the_tenant_and_who_reads_it_is_told(double: Double) -> None:
    provider = EntraProvider(EntraScope(name="corp", tenant="example.com", endpoint=double.url))
    double.tenant = TENANT
    monkey = provider.expand()
    assert monkey.boundaries == (Boundary("corp", "entra", TENANT, "Example Ltd", organization=True),)
    assert provider.identity(monkey.boundaries[0]) == f"application {APPLICATION}"
    assert provider.clock() is not None


def test_the_clock_of_the_provider_is_its_own(double: Double) -> None:
    from datetime import UTC, datetime

    double.fault("organization", faults.skewed(600))
    provider = EntraProvider(EntraScope(name="corp", tenant=TENANT, endpoint=double.url))
    provider.expand()
    told = provider.clock()
    assert told is not None
    assert 590 < (told - datetime.now(UTC)).total_seconds() < 610


def test_a_wrong_secret_is_told_without_it(double: Double, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "wrong-and-private")
    with pytest.raises(FatalError) as error:
        EntraProvider(EntraScope(name="corp", tenant=TENANT, endpoint=double.url)).expand()
    assert "AADSTS7000215" in error.value.line()
    assert "a new one" in error.value.advice
    assert "wrong-and-private" not in error.value.line()


def test_the_token_of_another_tenant_is_refused(double: Double) -> None:
    double.tenant = "99999999-2222-4333-8444-555555555555"
    with pytest.raises(FatalError, match="is of tenant 99999999"):
        EntraProvider(EntraScope(name="corp", tenant=TENANT, endpoint=double.url)).expand()


def test_tokens_do_not_go_over_plain_http() -> None:
    with pytest.raises(ConfigurationError, match="tokens are not sent"):
        places(EntraScope(name="corp", tenant=TENANT, endpoint="http://localhost:1"))
    with pytest.raises(ConfigurationError, match="no known cloud"):
        places(EntraScope(name="corp", tenant=TENANT, cloud="Moon"))


@pytest.mark.parametrize(
    ("cloud", "graph", "authority"),
    [("AzurePublic", "https://graph.microsoft.com", "https://login.microsoftonline.com"),
     ("AzureUSGovernment", "https://graph.microsoft.us", "https://login.microsoftonline.us"),
     ("AzureUSGovernmentDoD", "https://dod-graph.microsoft.us", "https://login.microsoftonline.us"),
     ("AzureChina", "https://microsoftgraph.chinacloudapi.cn", "https://login.chinacloudapi.cn")],
)
def test_each_cloud_has_its_own_places_and_its_tokens_are_for_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cloud: str, graph: str, authority: str,
) -> None:
    monkeypatch.delenv("AZURE_AUTHORITY_HOST", raising=False)
    scope = EntraScope(name="corp", tenant=TENANT, cloud=cloud)
    assert places(scope) == (graph, authority)
    asked: list[str] = []

    class Credential:
        def get_token(self, audience: str, **_: object) -> AccessToken:
            asked.append(audience)
            return AccessToken("opaque", 1 << 40)

    tokens = Tokens(scope)
    tokens.make = Credential
    tokens.token()
    assert asked == [f"{graph}/.default"]
    text = f"organization: Example\ntimezone: Europe/Berlin\nscopes: [{{name: corp, provider: entra, tenant: {TENANT}, cloud: {cloud}}}]\n"
    (tmp_path / "annexa.yaml").write_text(text)
    (read,) = load(tmp_path / "annexa.yaml", {}).scopes
    assert getattr(read, "cloud", "") == cloud


def test_doctor_tries_each_permission(double: Double) -> None:
    double.fault("users", faults.denied())
    double.fault("groups", faults.no_licence())
    double.handle("identity.conditional_access.policies", lambda _ids, _params: [{"value": []}])
    double.handle("policies.identity_security_defaults_enforcement_policy", lambda _ids, _params: [{"isEnabled": True}])
    provider = EntraProvider(EntraScope(name="corp", tenant=TENANT, endpoint=double.url))
    (boundary,) = provider.expand().boundaries
    found = [(one.permission, one.state) for one in provider.probe(HEADER, boundary, "")]
    assert found == [("User.Read.All", "denied"), ("Group.Read.All", "unavailable"), ("Policy.Read.All", "ok"),
                     ("Policy.Read.All", "ok")]


def test_a_quote_within_a_text_ends_no_filter() -> None:
    assert quoted("x' or id ne '") == "'x'' or id ne '''"


def test_a_sealed_token_tells_nothing() -> None:
    assert claims_of("opaque") == {}
    assert claims_of("a.b.c") == {}
    assert claims_of("a.WzFd.c") == {}


def test_the_family_of_the_reports_is_asked_five_times_in_ten_seconds() -> None:
    now = [0.0]
    throttle = Throttle(clock=lambda: now[0])
    assert throttle.turn("audit_logs.sign_ins") == 0.0
    assert throttle.turn("reports.authentication_methods.user_registration_details") == pytest.approx(1 / 0.48)
    assert throttle.turn("users") == 0.0
    now[0] = 20.0
    assert throttle.turn("audit_logs.directory_audits") == 0.0
    assert throttle.waited["reports"] == pytest.approx(1 / 0.48)


@pytest.mark.parametrize(
    ("call", "burst", "pause"),
    [("security.alerts_v2", 4, 1 / 2.4), ("device_management.managed_devices", 200, 1 / 90),
     ("identity_protection.x", 1, 1 / 0.95), ("admin.service_announcement.issues", 60, 5.0),
     ("identity_governance.x", 20, 0.05), ("users", 100, 2 / 310), ("groups.item.members", 66, 1 / 310)],
)
def test_each_family_has_its_published_limit(call: str, burst: int, pause: float) -> None:
    throttle = Throttle(clock=lambda: 0.0)
    assert [throttle.turn(call) for _ in range(burst)] == [0.0] * burst
    assert throttle.turn(call) == pytest.approx(pause)


def test_a_refused_family_is_closed_for_all_and_slowed_until_it_answers_again() -> None:
    now = [0.0]
    throttle = Throttle(clock=lambda: now[0])
    throttle.turn("identity.conditional_access.policies")
    assert throttle.refuse("identity.conditional_access.policies", None, 0) == 2.0
    assert throttle.refuse("identity.conditional_access.policies", None, 0) == 2.0  # asked side by side: one lesson
    now[0] = 2.0
    assert throttle.refuse("identity.conditional_access.policies", None, 1) == 4.0
    assert throttle.closed("identity_protection.risky_users") == 4.0
    now[0] = 10.0
    throttle.turn("identity_protection.risky_users")
    assert throttle.turn("identity_protection.risky_users") == pytest.approx(4 / 0.95)  # a quarter of its rate
    for _ in range(40):
        throttle.answer("identity_protection.risky_users", {})
    now[0] = 100.0
    throttle.turn("identity_protection.risky_users")
    assert throttle.turn("identity_protection.risky_users") == pytest.approx(1 / 0.95)
    assert throttle.refused == {"protection": 3}


def test_a_family_near_its_limit_is_slowed_before_it_is_refused() -> None:
    now = [0.0]
    throttle = Throttle(clock=lambda: now[0])
    throttle.turn("users")
    throttle.answer("users", {"x-ms-throttle-limit-percentage": "0.9", "x-ms-resource-unit": "1401"})
    assert throttle.turn("users") == pytest.approx((1401 + 2 - 200) / 155)


def test_the_policy_names_roles_that_graph_publishes() -> None:
    (access,) = manifest([HEADER])
    assert access["resourceAppId"] == "00000003-0000-0000-c000-000000000000"
    assert {one["id"] for one in access["resourceAccess"]} == {
        "df021288-bdef-4463-88db-98f22de89214", "5b567255-7703-4780-807c-7be8301ae99b",
        "246dd0d5-5bd0-4def-940b-0421030a5b68",
    }
    assert json.loads(document([HEADER]))["permissions"] == ["Group.Read.All", "Policy.Read.All", "User.Read.All"]
    assert terraform([HEADER]).count('type = "Role"') == 3
    assert not [one for one in app_roles() if "Write" in one]


def test_the_judge_finds_what_the_sdk_does_not_know() -> None:
    strange = {"value": [{"id": "u", "signInActivity": {"lastSignInDateTime": None, "mood": "good"}, "shoeSize": 43}]}
    assert judge.unknown("users", strange) == {"User.shoeSize", "SignInActivity.mood"}


def test_no_secret_is_in_what_a_person_reads(double: Double) -> None:
    double.fault("users", faults.denied())
    given = client(wire(double))
    with pytest.raises(CallError) as error:
        ids(given)
    said = error.value.line() + repr(given.witness.close(0))
    assert not [one for one in (SECRET, *double.tokens) if one in said]
