"""The suite of `test_collectors` for Azure: every collector through the same storms, from its own main case."""

from __future__ import annotations

import copy
import functools
import re
import subprocess
import sys
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.clients.azure import GRAPH
from agent.clients.azure.operations import METHODS
from agent.clients.azure.policy import NEEDED
from agent.model import KINDS, Outcome
from agent.registry import Registry
from tests.contracts.azure_stage import AzureStage, made
from tests.contracts.cases import MAIN, Case, cases_of
from tests.contracts.fits import fits, hostile
from tests.contracts.harness import Played, in_order, without
from tests.lab.azure import faults, judge
from tests.lab.azure.double import SECRET, Double

AZURE = {one.header.id: one for one in Registry.load().for_provider("azure")}
EXEMPT: dict[tuple[str, str], str] = {}
"""(collector, test) that is not asked, with the reason."""
OPEN: dict[str, str] = {}
"""Members that the models of Microsoft's packages have no place for, with the reason."""
ACTIONS = Path(__file__).parent / "permissions_azure.txt"


def every(test: Callable[..., None]) -> Callable[..., None]:
    """Ask the test of every collector but those that are exempt from it."""
    name = test.__name__.removeprefix("test_")
    marked = [
        pytest.param(one, marks=pytest.mark.skip(reason=EXEMPT[one, name])) if (one, name) in EXEMPT else one
        for one in AZURE
    ]
    decorated: Callable[..., None] = pytest.mark.parametrize("identifier", marked)(test)
    return decorated


@pytest.fixture(scope="module")
def stage() -> Iterator[AzureStage]:
    with pytest.MonkeyPatch.context() as patch, Double() as double:
        for name, value in double.environ().items():
            patch.setenv(name, value)
        yield made(double)


@functools.cache
def _main(stage: AzureStage, identifier: str) -> Played:
    return stage.play(AZURE[identifier], _case(identifier))


def _case(identifier: str) -> Case:
    found = cases_of(identifier).get(MAIN)
    assert found, f"{identifier} needs tests/collectors/{identifier}/{MAIN}/case.yaml and expect.ndjson"
    return found


def _population(stage: AzureStage, identifier: str) -> tuple[str, int]:
    found = _main(stage, identifier).populations
    assert found, f"{identifier} reads no population: nobody can tell whether it is whole"
    return max(found.items(), key=lambda item: item[1])


def _storm(stage: AzureStage, identifier: str, operation: str, fault: faults.Fault, **where: Any) -> Played:
    case = _case(identifier)
    stage.set(case)
    stage.double.fault(operation, fault, **where)
    return stage.run(AZURE[identifier], case)


@functools.cache
def _actions() -> frozenset[str]:
    lines = ACTIONS.read_text().splitlines()
    return frozenset(line.lower() for line in lines if line and not line.startswith("#"))  # Azure minds no case


@pytest.mark.parametrize("case", [one for name in AZURE for one in cases_of(name).values()], ids=lambda one: one.id)
def test_case(stage: AzureStage, case: Case) -> None:
    played = stage.play(AZURE[case.collector], case)
    assert not played.unserved, "the case has no answer for these"
    assert played.plain == in_order(case.expect)
    assert played.closing.outcome == case.outcome, (played.closing.error, played.closing.lacking)
    if case.lacking is not None:
        assert sorted(f"{one.what} {one.reason}" for one in played.closing.lacking) == sorted(case.lacking)
    if case.skips is not None:
        assert sum(one.count for one in played.closing.skips) == case.skips


@pytest.mark.parametrize("case", [one for name in AZURE for one in cases_of(name).values()], ids=lambda one: one.id)
def test_bodies_are_what_the_vendors_models_read(case: Case) -> None:
    for name, given in case.answers.items():
        for page in given:
            for one in page.get("pages", [page]):
                body = {key: value for key, value in one.get("answer", one).items() if key != "when"}
                if name in judge.PUBLISHED and "error" not in body:
                    found = judge.unknown(name, METHODS[name], body)
                    assert found - OPEN.keys() == set(), f"{case.id} {name}"


@pytest.mark.parametrize("call", METHODS)
def test_every_operation_is_a_published_one(call: str) -> None:
    method = METHODS[call]
    if call in judge.PLAIN:
        assert call not in judge.PUBLISHED
        return
    assert judge.ours(method) == judge.request(judge.PUBLISHED[call], method)


@every
def test_header_is_declared_well(identifier: str) -> None:
    header = AZURE[identifier].header
    assert re.fullmatch(r"azure\.[a-z0-9_]+", header.id)
    assert header.kind in KINDS
    assert header.title
    assert header.per != "region", "the lists of Azure span all regions"
    assert len(header.population.split()) > 4
    assert all(limit.endswith(".") for limit in header.limits), "each limit is a sentence"
    assert header.windows is None or KINDS[header.kind].event
    for api in header.calls:
        assert api.call in METHODS, f"the client knows no {api.call}"
        assert api.permissions, f"{api.call} names no permission"
        for permission in api.permissions:
            assert permission == "*/read" or permission.lower() in _actions(), f"Azure publishes no action {permission}"


def test_what_the_client_needs_exists() -> None:
    assert {one.lower() for one in NEEDED} <= _actions()


@every
def test_queries_of_resource_graph_can_be_paged(stage: AzureStage, identifier: str) -> None:
    stage.play(AZURE[identifier], _case(identifier))
    for call in stage.double.calls:
        if call.name == GRAPH:
            query = call.params["query"]
            assert re.search(r"order by .*\bid\b", query), "without an order there is no token for the next page"
            assert re.search(r"(project|extend|summarize)[^|]*\bid\b", query, re.DOTALL), "the id comes with each row"


@every
def test_called_is_declared_and_declared_is_called(stage: AzureStage, identifier: str) -> None:
    called = {name for case in cases_of(identifier).values() for name, _ in stage.play(AZURE[identifier], case).called}
    assert {api.call for api in AZURE[identifier].header.calls} - called == set(), "declared, and called by no case"
    assert called - {api.call for api in AZURE[identifier].header.calls} == set(), "called, and not declared"


@every
def test_rows_are_of_the_kind(stage: AzureStage, identifier: str) -> None:
    spec = KINDS[AZURE[identifier].header.kind]
    for row in _main(stage, identifier).rows:
        assert type(row) is spec.row
        for name, hint in typing.get_type_hints(spec.row).items():
            if name != "kind":
                assert fits(getattr(row, name), hint), f"{name} of {row.id} is {getattr(row, name)!r}, not {hint}"


@every
def test_ids_are_unique(stage: AzureStage, identifier: str) -> None:
    for case in cases_of(identifier).values():
        ids = [row.id for row in stage.play(AZURE[identifier], case).rows]
        assert all(ids)
        assert len(ids) == len(set(ids)), case.id


@every
def test_main_case_has_two_pages(stage: AzureStage, identifier: str) -> None:
    call, pages = _population(stage, identifier)
    assert pages >= 2, f"{call} pages: give the main case two pages of it"


@every
def test_empty_population_succeeds(stage: AzureStage, identifier: str) -> None:
    if "empty" in cases_of(identifier):
        return  # the case itself says what comes of nothing
    case, populations = _case(identifier), _main(stage, identifier).populations
    answers = {name: [_emptied(given[0])] if name in populations else given for name, given in case.answers.items()}
    played = stage.play(AZURE[identifier], case.with_answers(answers))
    assert played.closing.outcome is Outcome.SUCCEEDED, (played.closing.error, played.closing.lacking)
    assert played.rows == [], "write a case `empty` that says what an empty population yields"


def _emptied(page: dict[str, Any]) -> dict[str, Any]:
    inner = page.get("pages", [page])[0]
    return {name: [] if isinstance(value, list) else value for name, value in inner.items()}


SECOND = [
    faults.broken(None), faults.cut(None), faults.truncated(None), faults.rubbish(None), faults.expired_page_token(),
    faults.repeated_link(), faults.foreign_link("https://management.azure.com.example/subscriptions?$skiptoken=2"),
    faults.foreign_link("https://localhost:1/subscriptions"), faults.foreign_link("http://localhost/subscriptions"),
    faults.unavailable(None),
]


@pytest.mark.parametrize("fault", SECOND, ids=lambda one: f"{one.name} {one.link}".strip())
@every
def test_second_page_fails(stage: AzureStage, identifier: str, fault: faults.Fault) -> None:
    call, _ = _population(stage, identifier)
    if fault.link and METHODS[call].link == "$skipToken":
        return  # Resource Graph gives a token, no link: it is posted to where the first request went
    played = _storm(stage, identifier, call, fault, page=2)
    assert played.closing.outcome is Outcome.PARTIAL
    assert call in {one.what for one in played.closing.lacking}


@pytest.mark.parametrize(
    "fault", [faults.throttle(1, 1), faults.throttle(1, None), faults.throttle(1, 30), faults.quota(), faults.unavailable(2),
              faults.unavailable(1, 2), faults.broken(1), faults.cut(1), faults.truncated(1), faults.rubbish(1),
              faults.expired_credentials(1)],
    ids=lambda one: f"{one.name} {one.times} {dict(one.headers)}",
)
@every
def test_what_passes_changes_nothing(stage: AzureStage, identifier: str, fault: faults.Fault) -> None:
    case, calm = _case(identifier), _main(stage, identifier)
    stage.set(case)
    for name in {name for name, _ in calm.called}:
        stage.double.fault(name, fault)
    played = stage.run(AZURE[identifier], case)
    assert played.closing.outcome is Outcome.SUCCEEDED, (played.closing.error, played.closing.lacking)
    assert played.plain == calm.plain


@every
def test_denied_call_never_succeeds(stage: AzureStage, identifier: str) -> None:
    for name in sorted({name for name, _ in _main(stage, identifier).called}):
        for action in ("", "Microsoft.Lab/things/read"):
            played = _storm(stage, identifier, name, faults.denied(action))
            assert played.closing.outcome is not Outcome.SUCCEEDED, f"{name} denied"
            found = {(one.what, one.reason): one.permission for one in played.closing.lacking}
            api = AZURE[identifier].header.api(name)
            assert api
            assert found[name, "denied"] == (action or ", ".join(api.permissions))


@pytest.mark.parametrize("fault", [faults.no_licence(), faults.not_registered()], ids=lambda one: one.code)
@every
def test_no_licence_and_not_configured_are_said_so(stage: AzureStage, identifier: str, fault: faults.Fault) -> None:
    for name in sorted({name for name, _ in _main(stage, identifier).called}):
        api = AZURE[identifier].header.api(name)
        assert api
        played = _storm(stage, identifier, name, fault)
        if fault.code in api.answers:
            assert played.closing.outcome is Outcome.SUCCEEDED, name
        elif fault.code == "AadPremiumLicenseRequired" or fault.code in api.unavailable:
            assert played.closing.outcome is Outcome.PARTIAL, name
            assert (name, "unavailable") in {(one.what, one.reason) for one in played.closing.lacking}
        else:
            assert played.closing.outcome is not Outcome.SUCCEEDED, name


@every
def test_credentials_that_expire_in_mid_run(stage: AzureStage, identifier: str) -> None:
    name, number = _main(stage, identifier).called[-1]
    played = _storm(stage, identifier, name, faults.expired_credentials(), request=number, onwards=True)
    assert played.closing.outcome is not Outcome.SUCCEEDED
    assert "expired" in {one.reason for one in played.closing.lacking}


@every
def test_repeated_empty_and_reordered_pages(stage: AzureStage, identifier: str) -> None:
    call, _ = _population(stage, identifier)
    calm = _main(stage, identifier)
    played = _storm(stage, identifier, call, faults.repeated_page(1), page=2)
    assert {row.id for row in played.rows} == {row.id for row in calm.rows}
    played = _storm(stage, identifier, call, faults.empty_page(1), page=2)
    assert played.plain == calm.plain
    played = _storm(stage, identifier, call, faults.reversed_page())
    assert played.plain == calm.plain


@every
def test_hostile_strings_survive(stage: AzureStage, identifier: str) -> None:
    case = _case(identifier)
    answers = hostile(copy.deepcopy(case.answers))
    played = stage.play(AZURE[identifier], case.with_answers(answers))
    assert played.closing.outcome in (Outcome.SUCCEEDED, Outcome.PARTIAL), played.closing.error
    assert all(one.endswith(b"\n") and one.count(b"\n") == 1 for one in played.lines)


@every
def test_undeclared_call_is_refused(stage: AzureStage, identifier: str) -> None:
    for api in AZURE[identifier].header.calls:
        if api.call in {name for name, _ in _main(stage, identifier).called}:
            played = stage.play(without(AZURE[identifier], api.call), _case(identifier))
            assert played.closing.outcome is Outcome.FAILED
            assert api.call in {one.what for one in played.closing.lacking}


@every
def test_declared_answers_and_absences(stage: AzureStage, identifier: str) -> None:
    called = {name for name, _ in _main(stage, identifier).called}
    for api in AZURE[identifier].header.calls:
        for code in api.answers if api.call in called else ():
            played = _storm(stage, identifier, api.call, faults.error(code, 404, "so it is"))
            assert played.closing.outcome is Outcome.SUCCEEDED, (api.call, code, played.closing.error)
        for code in api.unavailable if api.call in called else ():
            played = _storm(stage, identifier, api.call, faults.error(code, 400, "not here"))
            assert (api.call, "unavailable") in {(one.what, one.reason) for one in played.closing.lacking}


@every
def test_no_secret_is_kept(stage: AzureStage, identifier: str) -> None:
    played = stage.play(AZURE[identifier], _case(identifier))
    kept = repr(played.closing) + b"".join(played.lines).decode()
    for secret in (SECRET, *stage.double.tokens):
        assert secret not in kept


def test_reading_headers_imports_no_sdk() -> None:
    code = "import sys; from agent.registry import Registry; Registry.load(); "
    code += "print({'requests', 'azure'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_exemptions_name_what_exists() -> None:
    tests = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    assert all(one in AZURE and test in tests and reason for (one, test), reason in EXEMPT.items())


def test_the_judge_finds_what_the_models_do_not_know() -> None:
    old = {"value": [{"id": "a", "mood": "good", "properties": {"principalId": "p", "shoeSize": 43}}]}
    call = "authorization.role_assignments.list_for_subscription"
    assert judge.unknown(call, METHODS[call], old) == {"RoleAssignment.mood", "RoleAssignment.properties.shoeSize"}
    new = {"value": [{"id": "v", "mood": "good", "properties": {"tenantId": "t", "sku": {"taste": "sour"}}}], "more": 1}
    call = "keyvault.vaults.list_by_subscription"
    assert judge.unknown(call, METHODS[call], new) == {"Vault.mood", "Sku.taste", "more"}
