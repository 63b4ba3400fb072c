"""The client of Azure against the double, with azure-identity and azure-core as they are."""

from __future__ import annotations

import base64
import datetime as dt
import json
import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from agent.assembly.providers import make
from agent.clients import CallError, Deadline, InterruptedRunError, ThrottledRunError, Witness
from agent.clients.azure import GRAPH
from agent.clients.azure.answers import Answer, read
from agent.clients.azure.client import AzureClient
from agent.clients.azure.places import Tokens, places
from agent.clients.azure.policy import ROOT, actions, assignable, role, terraform
from agent.clients.azure.provider import AzureProvider
from agent.clients.azure.scope import AzureScope
from agent.clients.azure.throttle import Throttle
from agent.clients.azure.wire import Wire
from agent.clients.microsoft.application import Application
from agent.collector import Api, Header
from agent.config import load
from agent.errors import ConfigurationError, FatalError
from agent.model import Boundary, Outcome
from tests.lab.azure import faults
from tests.lab.azure.double import APPLICATION, FEDERATED, SECRET, SUBSCRIPTION, TENANT, Double
from tests.lab.gcp.proxy import Proxy

ASSIGNMENTS = "authorization.role_assignments.list_for_subscription"
DEFINITIONS = "authorization.role_definitions.list"
LIST = "resource.subscriptions.list"
DESCENDANTS = "managementgroups.management_groups.get_descendants"
OTHER = "bbbbbbbb-1111-4222-8333-444444444444"
HEADER = Header(
    id="azure.synthetic",
    title="Synthetic",
    kind="grant",
    population="Every role assignment of the subscription, for the tests.",
    provider="azure",
    per="member",
    calls=(
        Api(ASSIGNMENTS, ("Microsoft.Authorization/roleAssignments/read",)),
        Api(DEFINITIONS, ("Microsoft.Authorization/roleDefinitions/read",),
            answers={"MissingSubscriptionRegistration": "not switched on"}),
        Api(GRAPH, ("*/read",)),
    ),
)
PAGES = [{"value": [{"id": f"a{page}{n}"} for n in range(3)]} for page in range(3)]
ROWS = [{"data": [{"id": f"r{page}{n}"} for n in range(2)]} for page in range(3)]
QUERY = "resources | project id | order by id asc"


def subscription(identifier: str, **more: Any) -> dict[str, Any]:
    return {"id": f"/subscriptions/{identifier}", "subscriptionId": identifier, "displayName": f"Sub {identifier[:1]}",
            "state": "Enabled", "tenantId": TENANT, **more}


@pytest.fixture
def double(monkeypatch: pytest.MonkeyPatch) -> Iterator[Double]:
    for name in ("AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_FEDERATED_TOKEN_FILE", "IDENTITY_ENDPOINT", "MSI_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    with Double() as made:
        for name, value in made.environ().items():
            monkeypatch.setenv(name, value)
        made.handle(ASSIGNMENTS, lambda _params: PAGES)
        made.handle(DEFINITIONS, lambda _params: [{"value": []}])
        made.handle(GRAPH, lambda _params: ROWS)
        made.handle(LIST, lambda _params: [{"value": [subscription(SUBSCRIPTION)]}, {"value": [subscription(OTHER)]}])
        yield made


class Patience:
    """Counts the seconds that a client would have waited."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def __call__(self, seconds: float, stop: threading.Event) -> None:
        self.waits.append(seconds)


def scope(double: Double, **more: Any) -> AzureScope:
    return AzureScope(**{"name": "core", "tenant": TENANT, "endpoint": double.url, **more})


def wire(double: Double, **more: Any) -> Wire:
    return Wire(scope(double), Tokens(scope(double)), **{"paced": False, "sleep": lambda *_: None, **more})


def client(given: Wire, seconds: float = 60, boundary: str = SUBSCRIPTION, **more: Any) -> AzureClient:
    return AzureClient(given, boundary, Witness(HEADER), Deadline.after(seconds), **more)


def ids(given: AzureClient, call: str = ASSIGNMENTS, **parameters: Any) -> list[str]:
    found = []
    for one in given.population(call, **parameters):
        found.append(one["id"])
        given.witness.yielded()
    return found


def test_pages_are_read_to_the_last_with_one_token_for_our_origin(double: Double) -> None:
    given = client(wire(double))
    assert ids(given) == [f"a{page}{n}" for page in range(3) for n in range(3)]
    closing = given.witness.close(9)
    assert closing.outcome is Outcome.SUCCEEDED
    (call,) = closing.calls
    assert (call.service, call.operation) == ("authorization", "role_assignments.list_for_subscription")
    assert (call.pages, call.items, call.complete) == (3, 9, True)
    assert call.requests == [f"{ASSIGNMENTS}-{number}" for number in (1, 2, 3)]
    assert {one.authorization for one in double.calls} == {f"Bearer {double.tokens[0]}"}
    assert {one.params["subscriptionId"] for one in double.calls} == {SUBSCRIPTION}


def test_resource_graph_is_paged_by_its_token_in_the_body(double: Double) -> None:
    given = client(wire(double), boundary=f"tenants/{TENANT}")
    assert ids(given, GRAPH, query=QUERY) == [f"r{page}{n}" for page in range(3) for n in range(2)]
    assert [one.params["options"].get("$skipToken") for one in double.calls] == [None, "2-0", "3-0"]
    assert {one.params["query"] for one in double.calls} == {QUERY}
    assert {one.params["options"]["resultFormat"] for one in double.calls} == {"objectArray"}
    (receipt,) = given.witness.close(6).receipts
    assert (receipt.source, receipt.expected, receipt.counted) == (f"{GRAPH} totalRecords", 6, 6)


@pytest.mark.parametrize(("boundary", "chosen", "asked"), [
    (SUBSCRIPTION, (), {"subscriptions": [SUBSCRIPTION]}),
    (f"tenants/{TENANT}", (), {}),
    (f"tenants/{TENANT}", (SUBSCRIPTION, OTHER), {"subscriptions": [SUBSCRIPTION, OTHER]}),
    ("managementGroups/corp", (), {"managementGroups": ["corp"]}),
])
def test_resource_graph_searches_what_the_boundary_is(
    double: Double, boundary: str, chosen: tuple[str, ...], asked: dict[str, Any]
) -> None:
    ids(client(wire(double), boundary=boundary, chosen=chosen), GRAPH, query=QUERY)
    said = double.calls[0].params
    assert {name: said[name] for name in ("subscriptions", "managementGroups") if name in said} == asked


def test_what_resource_graph_leaves_out_lowers_the_run(double: Double) -> None:
    double.headers["x-ms-tenant-subscription-limit-hit"] = "true"
    given = client(wire(double), boundary=f"tenants/{TENANT}")
    ids(given, GRAPH, query=QUERY)
    closing = given.witness.close(6)
    assert closing.outcome is Outcome.PARTIAL
    assert "10,000 subscriptions" in closing.lacking[0].detail
    double.reset()
    double.handle(GRAPH, lambda _params: [{**ROWS[0], "resultTruncated": "true", "totalRecords": 9}])
    given = client(wire(double))
    ids(given, GRAPH, query=QUERY)
    closing = given.witness.close(2)
    assert closing.outcome is Outcome.PARTIAL
    assert "truncated: 2 of 9 rows" in closing.lacking[0].detail


@pytest.mark.parametrize(("pages", "total", "outcome"), [
    (1, 2, Outcome.SUCCEEDED), (1, 3, Outcome.PARTIAL),  # one answer is of one moment
    (3, 11, Outcome.SUCCEEDED), (3, 12, Outcome.PARTIAL),  # between pages five may go
    (3, 5, Outcome.SUCCEEDED),  # or come
])
@pytest.mark.parametrize("population", [True, False])
def test_rows_that_resource_graph_counts_and_does_not_give_lower_the_run(
    double: Double, pages: int, total: int, outcome: Outcome, population: bool,
) -> None:
    double.handle(GRAPH, lambda _params: [{**one, "totalRecords": total} for one in ROWS[:pages]])
    given = client(wire(double))
    read = given.population if population else given.read
    for _ in read(GRAPH, query=QUERY):
        given.witness.yielded()
    closing = given.witness.close(2 * pages)
    assert closing.outcome is outcome
    said = [] if outcome is Outcome.SUCCEEDED else [(GRAPH, "receipt", f"{total} by totalRecords, {2 * pages} read")]
    assert [(one.what, one.reason, one.detail) for one in closing.lacking] == said


@pytest.mark.parametrize("how", ["host", "port", "scheme", "user"])
def test_no_request_and_no_token_goes_to_a_foreign_link(double: Double, how: str) -> None:
    with Double() as foreign:
        port, path = double.url.rsplit(":", 1)[1], "/subscriptions?api-version=2022-12-01&$skipToken=2-0"
        link = {
            "host": f"https://127.0.0.1:{port}{path}",
            "port": f"{foreign.url}{path}",
            "scheme": f"http://localhost:{port}{path}",
            "user": f"https://localhost@localhost:{port}{path}",
        }[how]
        double.fault(ASSIGNMENTS, faults.foreign_link(link), page=1)
        given = client(wire(double))
        with pytest.raises(CallError, match="is not ours"):
            ids(given)
        assert given.witness.close(3).outcome is Outcome.PARTIAL
        assert len(double.calls) == 1
        assert foreign.calls == []
        assert foreign.unserved == []


def test_a_redirect_is_not_followed() -> None:
    with pytest.raises(Exception, match="302"):
        read(Answer(302, {"location": "https://management.azure.com.example/"}, b""))


@pytest.mark.parametrize("after", [1, 200, 600])
def test_a_refusal_is_waited_out_even_beyond_what_an_sdk_would(double: Double, after: int) -> None:
    patience = Patience()
    double.fault(ASSIGNMENTS, faults.throttle(1, after), page=2)
    given = client(wire(double, sleep=patience), seconds=3600)
    assert len(ids(given)) == 9
    assert patience.waits == [after]
    (call,) = given.witness.close(9).calls
    assert call.retries == 1


def test_a_refusal_without_a_time_is_waited_out_longer_each_time(double: Double) -> None:
    patience = Patience()
    double.fault(ASSIGNMENTS, faults.throttle(3, None), page=1)
    assert len(ids(client(wire(double, sleep=patience), seconds=3600))) == 9
    assert patience.waits == [2.0, 4.0, 8.0]


def test_resource_graph_tells_the_time_in_a_header_of_its_own(double: Double) -> None:
    patience = Patience()
    double.fault(GRAPH, faults.quota(1), page=2)
    ids(client(wire(double, sleep=patience), seconds=3600), GRAPH, query=QUERY)
    assert patience.waits == [5.0]


def test_a_refusal_that_outlasts_the_run_is_named(double: Double) -> None:
    double.fault(ASSIGNMENTS, faults.throttle(None, 120), page=2)
    given = client(wire(double), seconds=60)
    with pytest.raises(CallError, match="was throttled to the end"):
        ids(given)
    closing = given.witness.close(3)
    assert closing.outcome is Outcome.PARTIAL
    assert [(one.what, one.reason) for one in closing.lacking] == [(ASSIGNMENTS, "throttled")]


def test_three_answers_for_what_is_missing(double: Double) -> None:
    given = client(wire(double))
    double.fault(DEFINITIONS, faults.not_registered())
    assert given.ask(DEFINITIONS, scope=f"subscriptions/{SUBSCRIPTION}") is None
    double.fault(ASSIGNMENTS, faults.denied("Microsoft.Authorization/roleAssignments/read", times=1))
    with pytest.raises(CallError, match="AuthorizationFailed") as denied:
        given.ask(ASSIGNMENTS)
    assert denied.value.lacking.reason == "denied"
    assert denied.value.lacking.permission == "Microsoft.Authorization/roleAssignments/read"
    assert "Microsoft.Authorization/roleAssignments/read" in denied.value.advice
    double.fault(ASSIGNMENTS, faults.no_licence(1))
    with pytest.raises(CallError, match="no licence") as missing:
        given.ask(ASSIGNMENTS)
    assert (missing.value.lacking.reason, missing.value.lacking.permission) == ("unavailable", "")


def test_an_error_without_a_wrapper_is_read_as_well() -> None:
    for body in (b'{"Code": "Forbidden", "Message": "no"}', b'{"code": "Forbidden", "message": "no"}',
                 b'{"error": {"code": "Forbidden", "message": "no"}}'):
        with pytest.raises(Exception, match="Forbidden: no"):
            read(Answer(403, {}, body))


def test_a_body_of_a_hundred_megabytes_is_not_read_to_its_end(double: Double) -> None:
    double.fault(ASSIGNMENTS, faults.huge(), page=2)
    with pytest.raises(CallError, match="larger than"):
        ids(client(wire(double)))


def test_a_silent_server_does_not_hold_a_thread(double: Double) -> None:
    double.fault(ASSIGNMENTS, faults.slow(30), page=1)
    with pytest.raises(CallError, match="no answer within"):
        ids(client(wire(double, call_seconds=0.3)))


def test_a_token_that_is_refused_is_renewed_once(double: Double) -> None:
    double.fault(ASSIGNMENTS, faults.expired_credentials(1), page=2)
    assert len(ids(client(wire(double)))) == 9
    assert len(double.tokens) == 2
    double.fault(ASSIGNMENTS, faults.expired_credentials())
    with pytest.raises(CallError, match="lost its credentials"):
        ids(client(wire(double)))


def test_claims_that_azure_asks_for_go_into_the_next_token(double: Double) -> None:
    wanted = '{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}'
    double.fault(ASSIGNMENTS, faults.claims_challenge(base64.b64encode(wanted.encode()).decode()), page=1)
    assert len(ids(client(wire(double)))) == 9
    assert [json.loads(form["claims"][0])["access_token"]["nbf"]["value"] for form in double.endpoint.forms
            if "nbf" in form.get("claims", [""])[0]] == ["1604106651"]


def test_a_run_that_is_stopped_ends_between_pages(double: Double) -> None:
    given = client(wire(double))
    found = given.population(ASSIGNMENTS)
    next(found)
    given.witness.stop.set()
    with pytest.raises(InterruptedRunError):
        list(found)


def test_a_run_that_cannot_wait_for_a_closed_family_says_how_long_it_is_throttled(double: Double) -> None:
    now = [0.0]
    held = wire(double, paced=True)
    held.throttle.clock = lambda: now[0]
    held.throttle.refuse(ASSIGNMENTS, SUBSCRIPTION, 900.0, 0)
    given = client(held)
    with pytest.raises(ThrottledRunError) as caught:
        ids(given)
    given.witness.fail(caught.value)
    closing = given.witness.close(0)
    assert {(one.what, one.reason) for one in closing.lacking} == {(ASSIGNMENTS, "throttled"), ("run", "throttled")}
    assert "to be asked again in 900 s, and the run has" in closing.error
    assert not double.calls


def test_a_missing_part_of_the_path_is_a_defect_that_is_named(double: Double) -> None:
    with pytest.raises(CallError, match="needs the parameter scope"):
        client(wire(double)).ask(DEFINITIONS)


def test_the_tenant_and_its_subscriptions_are_the_boundaries(double: Double) -> None:
    provider = AzureProvider(scope(double))
    found = provider.expand()
    assert found.boundaries == (
        Boundary("core", "azure", f"tenants/{TENANT}", TENANT, organization=True),
        Boundary("core", "azure", SUBSCRIPTION, "Sub a"), Boundary("core", "azure", OTHER, "Sub b"),
    )
    assert provider.identity(found.boundaries[0]) == f"application {APPLICATION}"
    assert provider.clock() is not None


def test_a_single_named_subscription_is_the_whole_scope(double: Double) -> None:
    found = AzureProvider(scope(double, subscriptions=(OTHER.upper(),))).expand()
    assert found.boundaries == (Boundary("core", "azure", OTHER, "Sub b", organization=True),)


def test_a_management_group_holds_what_is_below_it(double: Double) -> None:
    below = [{"id": f"/subscriptions/{one}", "type": "/subscriptions", "name": one} for one in (OTHER, "cc")]
    group = {"id": "/providers/Microsoft.Management/managementGroups/sub", "name": "sub",
             "type": "Microsoft.Management/managementGroups"}
    double.handle(DESCENDANTS, lambda params: [{"value": [group]}, {"value": below}] if params["groupId"] == "corp"
                  else faults.error("NotFound", 404))
    found = AzureProvider(scope(double, management_group="corp")).expand()
    assert [one.id for one in found.boundaries] == ["managementGroups/corp", OTHER]
    assert [(one.reason, one.detail) for one in found.lacking] == [
        ("denied", "subscription cc is not among those that the identity may see")
    ]


def test_subscriptions_of_others_and_deleted_ones_are_passed_over_and_said(double: Double) -> None:
    double.handle(LIST, lambda _params: [{"value": [
        subscription(SUBSCRIPTION, state="Warned"), subscription(OTHER, tenantId="x"), subscription("dd", state="Deleted"),
    ]}])
    provider = AzureProvider(scope(double))
    found = provider.expand()
    assert [one.id for one in found.boundaries] == [f"tenants/{TENANT}", SUBSCRIPTION]
    given = provider.open(found.boundaries[0], "", Witness(HEADER), Deadline.after(60))
    assert given.chosen == (SUBSCRIPTION,), "Resource Graph would search those of the other tenant as well"
    assert found.notes == (f"subscription {SUBSCRIPTION} is warned",
                           f"subscription {OTHER} belongs to tenant x: passed over", "subscription dd is deleted")


def test_nothing_to_be_seen_is_an_error_with_a_remedy(double: Double) -> None:
    double.handle(LIST, lambda _params: [{"value": []}])
    with pytest.raises(FatalError, match="no subscription can be read") as error:
        AzureProvider(scope(double)).expand()
    assert "annexa collectors policy" in error.value.advice


def test_the_clock_of_the_provider_is_its_own(double: Double) -> None:
    double.fault(LIST, faults.skewed(600))
    provider = AzureProvider(scope(double))
    provider.expand()
    told = provider.clock()
    assert told is not None
    assert 590 < (told - dt.datetime.now(dt.UTC)).total_seconds() < 610


def test_a_wrong_secret_is_told_without_it(double: Double, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "wrong-and-private")
    with pytest.raises(FatalError) as error:
        AzureProvider(scope(double)).expand()
    assert "AADSTS7000215" in error.value.line()
    assert "a new one" in error.value.advice
    assert "wrong-and-private" not in error.value.line()


def test_the_token_of_another_tenant_is_refused(double: Double) -> None:
    double.tenant = "99999999-2222-4333-8444-555555555555"
    with pytest.raises(FatalError, match="is of tenant 99999999"):
        AzureProvider(scope(double)).expand()


def _certificate(folder: Path) -> Path:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "annexa")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now).not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    file = folder / "application.pem"
    file.write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ) + made.public_bytes(serialization.Encoding.PEM))
    return file


def test_a_certificate_signs_in(double: Double, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    double.endpoint.pem = _certificate(tmp_path)
    monkeypatch.delenv("AZURE_CLIENT_SECRET")
    monkeypatch.setenv("AZURE_CLIENT_CERTIFICATE_PATH", str(double.endpoint.pem))
    assert len(AzureProvider(scope(double)).expand().boundaries) == 3


def test_a_workload_identity_signs_in(double: Double, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(FEDERATED)
    monkeypatch.delenv("AZURE_CLIENT_SECRET")
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", str(tmp_path / "token"))
    assert len(AzureProvider(scope(double)).expand().boundaries) == 3


ENVIRONMENT = ("AZURE_CLIENT_SECRET", "AZURE_CLIENT_ID", "AZURE_TENANT_ID")


def test_the_application_of_the_scope_signs_in_whatever_the_environment_holds(
    double: Double, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ENVIRONMENT:
        monkeypatch.setenv(name, "of another scope")
    by_secret = Application(client_id=APPLICATION, secret=lambda: SECRET)
    assert len(AzureProvider(scope(double, application=by_secret)).expand().boundaries) == 3
    double.endpoint.pem = _certificate(tmp_path)
    by_certificate = Application(client_id=APPLICATION, certificate=str(double.endpoint.pem))
    assert len(AzureProvider(scope(double, application=by_certificate)).expand().boundaries) == 3
    wrong = Application(client_id=APPLICATION, secret=lambda: "a secret that is wrong")
    with pytest.raises(FatalError) as refused:
        AzureProvider(scope(double, application=wrong)).expand()
    assert "a secret that is wrong" not in refused.value.line()


def test_two_scopes_sign_in_as_two_applications(double: Double, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ENVIRONMENT:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LAB_SECRET", SECRET)
    shared = f"provider: azure, endpoint: '{double.url}', tenant: {TENANT}, client_id: {APPLICATION}"
    (tmp_path / "annexa.yaml").write_text(
        f"organization: E\ntimezone: UTC\nscopes:\n  - {{name: a, {shared}, client_secret: '${{LAB_SECRET}}'}}\n"
        f"  - {{name: b, {shared}, certificate: application.pem}}\n"
    )
    double.endpoint.pem = _certificate(tmp_path)
    config = load(tmp_path / "annexa.yaml", {"LAB_SECRET": SECRET})
    assert [len(make(one).expand().boundaries) for one in config.scopes if one.provider == "azure"] == [3, 3]
    assert [("client_secret" in form, "client_assertion" in form) for form in double.endpoint.forms] == [
        (True, False), (False, True),
    ]


def test_a_managed_identity_signs_in(double: Double, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AZURE_CLIENT_SECRET", "AZURE_CLIENT_ID", "AZURE_TENANT_ID"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{double.url}/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", "lab-identity-header")
    assert len(AzureProvider(scope(double)).expand().boundaries) == 3
    assert double.endpoint.forms == [{"resource": ["https://management.azure.com"], "identity": ["lab-identity-header"]}]


def test_the_azure_cli_signs_in(double: Double, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AZURE_CLIENT_SECRET", "AZURE_CLIENT_ID", "AZURE_TENANT_ID"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "dev")
    token = double.endpoint.issue("https://management.azure.com").body["access_token"]
    said = json.dumps({"accessToken": token, "expires_on": 4102444800, "tenant": TENANT, "tokenType": "Bearer"})
    az = tmp_path / "az"
    az.write_text(f"#!/bin/sh\necho '{said}'\n")
    az.chmod(az.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert len(AzureProvider(scope(double)).expand().boundaries) == 3


def test_tokens_do_not_go_over_plain_http() -> None:
    with pytest.raises(ConfigurationError, match="tokens are not sent"):
        places(AzureScope(name="core", endpoint="http://localhost:1"))
    with pytest.raises(ConfigurationError, match="no known cloud"):
        places(AzureScope(name="core", cloud="Moon"))


@pytest.mark.parametrize(("cloud", "arm", "authority", "audience"), [
    ("AzurePublic", "https://management.azure.com", "https://login.microsoftonline.com",
     "https://management.azure.com/.default"),
    ("AzureChina", "https://management.chinacloudapi.cn", "https://login.chinacloudapi.cn",
     "https://management.chinacloudapi.cn/.default"),
    ("AzureUSGovernment", "https://management.usgovcloudapi.net", "https://login.microsoftonline.us",
     "https://management.core.usgovcloudapi.net/.default"),
])
def test_a_cloud_of_its_own_has_its_own_places(
    monkeypatch: pytest.MonkeyPatch, cloud: str, arm: str, authority: str, audience: str
) -> None:
    monkeypatch.delenv("AZURE_AUTHORITY_HOST", raising=False)
    found = places(AzureScope(name="core", cloud=cloud))
    assert (found.arm, found.authority, found.arm_audience) == (arm, authority, audience)


def test_the_places_are_those_of_microsofts_own_core() -> None:
    from azure.core import AzureClouds
    from azure.mgmt.core.tools import get_arm_endpoints

    theirs = {"AzurePublic": AzureClouds.AZURE_PUBLIC_CLOUD, "AzureChina": AzureClouds.AZURE_CHINA_CLOUD,
              "AzureUSGovernment": AzureClouds.AZURE_US_GOVERNMENT}
    for name, cloud in theirs.items():
        known, found = get_arm_endpoints(cloud), places(AzureScope(name="core", cloud=name))
        assert (f"{found.arm}/", [found.arm_audience]) == (known["resource_manager"], known["credential_scopes"])


def test_doctor_tries_each_permission(double: Double) -> None:
    double.fault(ASSIGNMENTS, faults.denied())
    provider = AzureProvider(scope(double))
    boundary = provider.expand().boundaries[1]
    found = {one.permission: one.state for one in provider.probe(HEADER, boundary, "")}
    assert found == {
        "Microsoft.Authorization/roleAssignments/read": "denied",
        "Microsoft.Authorization/roleDefinitions/read": "ok",
        "*/read": "ok",
    }
    double.handle(GRAPH, lambda _params: [{"data": []}])
    assert [one.state for one in AzureProvider(scope(double)).probe(HEADER, boundary, "")][-1] == "denied"


def test_doctor_says_what_no_custom_role_can_give(double: Double) -> None:
    call, permission = "monitor.tenant_activity_logs.list", "Microsoft.Insights/eventtypes/values/read"
    header = Header(
        id="azure.synthetic", title="Synthetic", kind="log_event", population="Every event, for the tests.",
        provider="azure", per="organization", calls=(Api(call, (permission,)),),
    )
    double.handle(call, lambda _params: [{"value": []}])
    double.fault(call, faults.denied(permission))
    provider = AzureProvider(scope(double))
    found = provider.probe(header, provider.expand().boundaries[0], "")
    assert [(one.permission, one.state) for one in found] == [(permission, "denied")]
    assert found[0].remedy.startswith("Assign the role Reader at /providers/Microsoft.Insights")


def test_doctor_asks_what_is_held_where_resource_graph_would_hide_it(double: Double) -> None:
    wanted = ("Microsoft.ResourceGraph/resources/read", "Microsoft.Compute/virtualMachines/read", "*/read")
    header = Header(
        id="azure.synthetic", title="Synthetic", kind="asset", population="Every machine, for the tests.",
        provider="azure", per="member", calls=(Api(GRAPH, wanted),),
    )
    provider = AzureProvider(scope(double))
    boundary = provider.expand().boundaries[1]
    assert [one.state for one in provider.probe(header, boundary, "")] == ["ok", "unknown", "ok"]
    provider = AzureProvider(scope(double))
    double.handle("authorization.permissions.list", lambda _params: [
        {"value": [{"actions": ["Microsoft.ResourceGraph/*"], "notActions": []}]},
        {"value": [{"actions": ["*/read"], "notActions": ["Microsoft.Compute/virtualMachines/*"]}]},
    ])
    double.calls.clear()
    for _ in range(2):
        assert [one.state for one in provider.probe(header, boundary, "")] == ["ok", "denied", "ok"]
    assert [one.name for one in double.calls] == [GRAPH, *["authorization.permissions.list"] * 2], "asked once"


def test_families_are_counted_as_azure_counts_them() -> None:
    now = [0.0]
    throttle = Throttle(clock=lambda: now[0])
    assert [throttle.turn(GRAPH, f"s{n}") for n in range(3)] == pytest.approx([0.0, 1 / 2.9, 2 / 2.9])
    now[0] = 60.0
    assert throttle.turn(ASSIGNMENTS, "one") == 0.0
    throttle.answer(ASSIGNMENTS, "one", {"x-ms-ratelimit-remaining-subscription-reads": "3"})
    for _ in range(249):
        throttle.turn(ASSIGNMENTS, "one")
    assert throttle.turn(ASSIGNMENTS, "one") == pytest.approx(1 / 12.5)
    assert throttle.turn(ASSIGNMENTS, "two") == 0.0
    throttle.answer(GRAPH, "s", {"x-ms-user-quota-remaining": "0", "x-ms-user-quota-resets-after": "00:01:30"})
    assert throttle.turn(GRAPH, "s") == pytest.approx(90.0)
    throttle.refuse(ASSIGNMENTS, "two", 7.0, 0)
    assert throttle.turn(ASSIGNMENTS, "two") == 7.0


def test_the_policy_is_a_role_that_azure_takes() -> None:
    narrow = Header(**{**{name: getattr(HEADER, name) for name in ("id", "title", "kind", "population", "provider", "per")},
                       "calls": HEADER.calls[:2]})
    assert actions([narrow]) == [
        "Microsoft.Authorization/roleAssignments/read", "Microsoft.Authorization/roleDefinitions/read",
        "Microsoft.Management/managementGroups/descendants/read", "Microsoft.Resources/subscriptions/read",
    ]
    assert actions([narrow, HEADER]) == ["*/read"]
    said = json.loads(role([narrow], assignable(group="", subscriptions=(SUBSCRIPTION,), tenant=TENANT)))
    assert said["AssignableScopes"] == [f"/subscriptions/{SUBSCRIPTION}"]
    assert (said["Name"], said["IsCustom"], said["DataActions"]) == ("annexa", True, [])
    assert assignable(group="corp", subscriptions=(), tenant="") == [
        "/providers/Microsoft.Management/managementGroups/corp"
    ]
    assert assignable(group="", subscriptions=(), tenant=TENANT) == [
        f"/providers/Microsoft.Management/managementGroups/{TENANT}"
    ]
    assert assignable(group="", subscriptions=(), tenant="example.com") == [ROOT]
    assert '"Microsoft.Authorization/roleAssignments/read"' in terraform([narrow], (ROOT,))


def test_a_password_of_netrc_does_not_take_the_place_of_the_token(
    double: Double, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("machine localhost login ada password not-for-azure\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert len(ids(client(wire(double)))) == 9
    assert {one.authorization.partition(" ")[0] for one in double.calls} == {"Bearer"}


@pytest.mark.parametrize("proxied", [True, False])
def test_the_proxy_of_the_environment_is_honoured(
    double: Double, monkeypatch: pytest.MonkeyPatch, proxied: bool
) -> None:
    for name in ("no_proxy", "NO_PROXY", "https_proxy", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with Proxy() as proxy:
        if proxied:
            monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        assert len(ids(client(wire(double)))) == 9
        assert set(proxy.tunnels) == ({double.url.removeprefix("https://")} if proxied else set())
        assert len(proxy.tunnels) >= (2 if proxied else 0), "tokens and answers each go through it"


def test_a_certificate_of_its_own_is_needed(double: Double, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    with pytest.raises(FatalError, match="no token for Azure"):
        AzureProvider(scope(double)).expand()


def test_of_what_the_sdk_says_the_first_sentence_is_told(double: Double, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [one for one in os.environ if one.startswith("AZURE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential")
    with pytest.raises(FatalError) as caught:
        AzureProvider(scope(double)).expand()
    said = caught.value.message
    assert said.startswith("no token for Azure (")
    assert "http" not in said
    assert "Attempted" not in said
    assert "AZURE_CLIENT_ID" in caught.value.advice


def test_no_secret_is_in_what_a_person_reads(double: Double) -> None:
    double.fault(ASSIGNMENTS, faults.denied())
    given = client(wire(double))
    with pytest.raises(CallError) as error:
        ids(given)
    said = error.value.line() + repr(given.witness.close(0))
    assert not [one for one in (SECRET, *double.tokens) if one in said]
