"""The suite of `test_collectors` for Entra: every collector through the same storms, from its own main case."""

from __future__ import annotations

import copy
import csv
import functools
import re
import subprocess
import sys
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.clients.entra import calls
from agent.clients.entra.policy import app_roles
from agent.model import KINDS, Outcome
from agent.registry import Registry
from tests.contracts.cases import MAIN, Case, cases_of
from tests.contracts.graph import GraphStage, made
from tests.contracts.harness import Played, in_order, without
from tests.contracts.test_collectors import _emptied, _fits, _hostile
from tests.lab.entra import faults, judge
from tests.lab.entra.double import SECRET, Double

ENTRA = {one.header.id: one for one in Registry.load().for_provider("entra")}
EXEMPT: dict[tuple[str, str], str] = {}
"""(collector, test) that is not asked, with the reason."""
OPEN = {
    "AccessReviewInstanceDecisionItem.target": "sent by v1.0, and in no model (the type is open)",
}
"""Members that the SDK's models have no place for, with the reason."""
PATHS = Path(__file__).parent / "graph_paths.csv"
REFERENCE = {"/solutions/backuprestore/protectionpolicies": {"BackupRestore-Configuration.Read.All"}}
"""Paths that the published list leaves out, as the pages of the REST reference have them."""


def every(test: Callable[..., None]) -> Callable[..., None]:
    """Ask the test of every collector but those that are exempt from it."""
    name = test.__name__.removeprefix("test_")
    marked = [
        pytest.param(one, marks=pytest.mark.skip(reason=EXEMPT[one, name])) if (one, name) in EXEMPT else one
        for one in ENTRA
    ]
    decorated: Callable[..., None] = pytest.mark.parametrize("identifier", marked)(test)
    return decorated


@pytest.fixture(scope="module")
def graph() -> Iterator[GraphStage]:
    with pytest.MonkeyPatch.context() as patch, Double() as double:
        for name, value in double.environ().items():
            patch.setenv(name, value)
        yield made(double)


@functools.cache
def _main(graph: GraphStage, identifier: str) -> Played:
    return graph.play(ENTRA[identifier], _case(identifier))


def _case(identifier: str) -> Case:
    found = cases_of(identifier).get(MAIN)
    assert found, f"{identifier} needs tests/collectors/{identifier}/{MAIN}/case.yaml and expect.ndjson"
    return found


def _population(graph: GraphStage, identifier: str) -> tuple[str, int]:
    found = _main(graph, identifier).populations
    assert found, f"{identifier} reads no population: nobody can tell whether it is whole"
    return max(found.items(), key=lambda item: item[1])


def _storm(graph: GraphStage, identifier: str, operation: str, fault: faults.Fault, **where: Any) -> Played:
    case = _case(identifier)
    graph.set(case)
    graph.double.fault(operation, fault, **where)
    return graph.run(ENTRA[identifier], case)


@functools.cache
def _published() -> dict[str, set[str]]:
    lines = [line for line in PATHS.read_text().splitlines() if not line.startswith("#")]
    return REFERENCE | {row["path"]: set(row["permissions"].split()) for row in csv.DictReader(lines)}


@pytest.mark.parametrize("case", [one for name in ENTRA for one in cases_of(name).values()], ids=lambda one: one.id)
def test_case(graph: GraphStage, case: Case) -> None:
    played = graph.play(ENTRA[case.collector], case)
    assert not played.unserved, "the case has no answer for these"
    assert played.plain == in_order(case.expect)
    assert played.closing.outcome == case.outcome, (played.closing.error, played.closing.lacking)
    if case.lacking is not None:
        assert sorted(f"{one.what} {one.reason}" for one in played.closing.lacking) == sorted(case.lacking)
    if case.skips is not None:
        assert sum(one.count for one in played.closing.skips) == case.skips


@pytest.mark.parametrize("case", [one for name in ENTRA for one in cases_of(name).values()], ids=lambda one: one.id)
def test_bodies_are_what_the_sdk_reads(case: Case) -> None:
    for name, given in case.answers.items():
        for page in given:
            for body in page.get("pages", [page]):
                plain = {key: value for key, value in body.get("answer", body).items() if key not in ("when", "error")}
                if "error" not in body:
                    assert judge.unknown(name, plain) - OPEN.keys() == set(), f"{case.id} {name}"


@every
def test_header_is_declared_well(graph: GraphStage, identifier: str) -> None:
    header = ENTRA[identifier].header
    assert re.fullmatch(r"entra\.[a-z0-9_]+", header.id)
    assert header.kind in KINDS
    assert header.title
    assert header.per == "boundary"
    assert len(header.population.split()) > 4
    assert all(limit.endswith(".") for limit in header.limits), "each limit is a sentence"
    assert header.windows is None or KINDS[header.kind].event
    for api in header.calls:
        path = calls.path(graph.wire.root(), api.call).lower()
        assert api.permissions, f"{api.call} names no permission"
        for permission in api.permissions:
            assert permission in app_roles(), f"Graph has no read-only application permission {permission}"
        assert _published()[path] & set(api.permissions), f"{api.permissions} do not open {path}"


@every
def test_called_is_declared_and_declared_is_called(graph: GraphStage, identifier: str) -> None:
    called = {name for case in cases_of(identifier).values() for name, _ in graph.play(ENTRA[identifier], case).called}
    assert {api.call for api in ENTRA[identifier].header.calls} - called == set(), "declared, and called by no case"
    assert called - {api.call for api in ENTRA[identifier].header.calls} == set(), "called, and not declared"


@every
def test_rows_are_of_the_kind(graph: GraphStage, identifier: str) -> None:
    spec = KINDS[ENTRA[identifier].header.kind]
    for row in _main(graph, identifier).rows:
        assert type(row) is spec.row
        for name, hint in typing.get_type_hints(spec.row).items():
            if name != "kind":
                assert _fits(getattr(row, name), hint), f"{name} of {row.id} is {getattr(row, name)!r}, not {hint}"


@every
def test_ids_are_unique(graph: GraphStage, identifier: str) -> None:
    for case in cases_of(identifier).values():
        ids = [row.id for row in graph.play(ENTRA[identifier], case).rows]
        assert all(ids)
        assert len(ids) == len(set(ids)), case.id


@every
def test_main_case_has_two_pages(graph: GraphStage, identifier: str) -> None:
    call, pages = _population(graph, identifier)
    assert pages >= 2, f"{call} pages: give the main case two pages of it"


@every
def test_empty_population_succeeds(graph: GraphStage, identifier: str) -> None:
    if "empty" in cases_of(identifier):
        return  # the case itself says what comes of nothing
    case, populations = _case(identifier), _main(graph, identifier).populations
    answers = {name: [_emptied(given[0])] if name in populations else given for name, given in case.answers.items()}
    played = graph.play(ENTRA[identifier], case.with_answers(answers))
    assert played.closing.outcome is Outcome.SUCCEEDED, (played.closing.error, played.closing.lacking)
    assert played.rows == [], "write a case `empty` that says what an empty population yields"


SECOND = [
    faults.broken(None), faults.cut(None), faults.truncated(None), faults.rubbish(None), faults.expired_page_token(),
    faults.repeated_link(), faults.foreign_link("https://graph.example/v1.0/users?$skiptoken=2"),
    faults.foreign_link("https://localhost:1/v1.0/users"), faults.foreign_link("http://localhost/v1.0/users"),
    faults.unavailable(None),
]


@pytest.mark.parametrize("fault", SECOND, ids=lambda one: f"{one.name} {one.link}".strip())
@every
def test_second_page_fails(graph: GraphStage, identifier: str, fault: faults.Fault) -> None:
    call, _ = _population(graph, identifier)
    played = _storm(graph, identifier, call, fault, page=2)
    assert played.closing.outcome is Outcome.PARTIAL
    assert call in {one.what for one in played.closing.lacking}


@pytest.mark.parametrize(
    "fault", [faults.throttle(1, 1), faults.throttle(1, None), faults.throttle(1, 30), faults.quota(),
              faults.unavailable(2), faults.unavailable(1, 2), faults.broken(1), faults.cut(1), faults.truncated(1),
              faults.rubbish(1), faults.expired_credentials(1), faults.dependency(1), faults.left_out(1)],
    ids=lambda one: f"{one.name} {one.times} {dict(one.headers)}",
)
@every
def test_what_passes_changes_nothing(graph: GraphStage, identifier: str, fault: faults.Fault) -> None:
    case, calm = _case(identifier), _main(graph, identifier)
    graph.set(case)
    for name in {name for name, _ in calm.called}:
        graph.double.fault(name, fault)
    played = graph.run(ENTRA[identifier], case)
    assert played.closing.outcome is Outcome.SUCCEEDED, (played.closing.error, played.closing.lacking)
    assert played.plain == calm.plain


@pytest.mark.parametrize("fault", [faults.throttle(1, 1), faults.unavailable(2), faults.cut(1)], ids=lambda one: one.name)
@every
def test_what_passes_changes_nothing_for_a_whole_batch(
    graph: GraphStage, identifier: str, fault: faults.Fault,
) -> None:
    case, calm = _case(identifier), _main(graph, identifier)
    graph.set(case)
    graph.double.fault("$batch", fault)
    played = graph.run(ENTRA[identifier], case)
    assert played.closing.outcome is Outcome.SUCCEEDED, (played.closing.error, played.closing.lacking)
    assert played.plain == calm.plain


@every
def test_a_refusal_that_outlasts_a_call_is_named(graph: GraphStage, identifier: str) -> None:
    for name in sorted({name for name, _ in _main(graph, identifier).called}):
        played = _storm(graph, identifier, name, faults.throttle(None, 1000))
        assert played.closing.outcome is not Outcome.SUCCEEDED
        assert {(one.what, one.reason) for one in played.closing.lacking} & {(name, "throttled"), (name, "interrupted")}


@every
def test_denied_call_never_succeeds(graph: GraphStage, identifier: str) -> None:
    for name in sorted({name for name, _ in _main(graph, identifier).called}):
        played = _storm(graph, identifier, name, faults.denied())
        assert played.closing.outcome is not Outcome.SUCCEEDED, f"{name} denied"
        found = {(one.what, one.reason): one.permission for one in played.closing.lacking}
        assert found[name, "denied"], f"{name} denied, and nobody says which permission opens it"


@pytest.mark.parametrize(
    "fault", [faults.no_licence(), faults.no_premium(), faults.not_provisioned(), faults.no_path()], ids=lambda one: one.name
)
@every
def test_no_licence_is_said_so(graph: GraphStage, identifier: str, fault: faults.Fault) -> None:
    for name in sorted({name for name, _ in _main(graph, identifier).called}):
        api = ENTRA[identifier].header.api(name)
        assert api
        played = _storm(graph, identifier, name, fault)
        if fault.code in api.answers:
            assert played.closing.outcome is Outcome.SUCCEEDED, name
            continue
        assert played.closing.outcome is Outcome.PARTIAL, name
        assert (name, "unavailable") in {(one.what, one.reason) for one in played.closing.lacking}


@every
def test_credentials_that_expire_in_mid_run(graph: GraphStage, identifier: str) -> None:
    name, number = _main(graph, identifier).called[-1]
    played = _storm(graph, identifier, name, faults.expired_credentials(), request=number, onwards=True)
    assert played.closing.outcome is not Outcome.SUCCEEDED
    assert "expired" in {one.reason for one in played.closing.lacking}


@every
def test_repeated_empty_and_reordered_pages(graph: GraphStage, identifier: str) -> None:
    call, _ = _population(graph, identifier)
    calm = _main(graph, identifier)
    played = _storm(graph, identifier, call, faults.repeated_page(1), page=2)
    assert {row.id for row in played.rows} == {row.id for row in calm.rows}
    played = _storm(graph, identifier, call, faults.empty_page(1), page=2)
    assert played.plain == calm.plain
    played = _storm(graph, identifier, call, faults.reversed_page())
    assert played.plain == calm.plain


@every
def test_hostile_strings_survive(graph: GraphStage, identifier: str) -> None:
    case = _case(identifier)
    answers = _hostile(copy.deepcopy(case.answers))
    played = graph.play(ENTRA[identifier], case.with_answers(answers))
    assert played.closing.outcome in (Outcome.SUCCEEDED, Outcome.PARTIAL), played.closing.error
    assert all(one.endswith(b"\n") and one.count(b"\n") == 1 for one in played.lines)


@every
def test_undeclared_call_is_refused(graph: GraphStage, identifier: str) -> None:
    for api in ENTRA[identifier].header.calls:
        if api.call in {name for name, _ in _main(graph, identifier).called}:
            played = graph.play(without(ENTRA[identifier], api.call), _case(identifier))
            assert played.closing.outcome is Outcome.FAILED
            assert api.call in {one.what for one in played.closing.lacking}


@every
def test_declared_answers_and_absences(graph: GraphStage, identifier: str) -> None:
    called = {name for name, _ in _main(graph, identifier).called}
    for api in ENTRA[identifier].header.calls:
        for code in api.answers if api.call in called else ():
            played = _storm(graph, identifier, api.call, faults.error(code, 404, "so it is"))
            assert played.closing.outcome is Outcome.SUCCEEDED, (api.call, code, played.closing.error)
        for code in api.unavailable if api.call in called else ():
            played = _storm(graph, identifier, api.call, faults.error(code, 400, "not here"))
            assert (api.call, "unavailable") in {(one.what, one.reason) for one in played.closing.lacking}


@every
def test_no_secret_is_kept(graph: GraphStage, identifier: str) -> None:
    played = graph.play(ENTRA[identifier], _case(identifier))
    kept = repr(played.closing) + b"".join(played.lines).decode()
    for secret in (SECRET, *graph.double.tokens):
        assert secret not in kept


def test_reading_headers_imports_no_sdk() -> None:
    code = "import sys; from agent.registry import Registry; Registry.load(); "
    code += "print({'msgraph', 'azure'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_asking_imports_the_paths_of_the_declared_calls_and_no_model() -> None:
    code = """
import sys
from kiota_abstractions.authentication import AnonymousAuthenticationProvider
from msgraph import GraphRequestAdapter
from msgraph.generated.base_graph_service_client import BaseGraphServiceClient
import agent.clients.entra.provider
from agent.clients.entra import calls
from agent.registry import Registry
root = BaseGraphServiceClient(GraphRequestAdapter(AnonymousAuthenticationProvider()))
for collector in Registry.load().for_provider("entra"):
    for api in collector.header.calls:
        calls.request(root, api.call, ("x",) * api.call.split(".").count(calls.ITEM), {})
print([name for name in sys.modules if name.startswith("msgraph.generated.models.")])
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_exemptions_name_what_exists() -> None:
    tests = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    assert all(one in ENTRA and test in tests and reason for (one, test), reason in EXEMPT.items())
