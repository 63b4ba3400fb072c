"""The storms of the contract suite over every collector of Google Cloud, derived from each one's own main case."""

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

from agent.clients.gcp.methods import METHODS, Rest, Rpc
from agent.clients.gcp.needed import NEEDED
from agent.model import KINDS, Outcome
from agent.registry import Registry
from tests.contracts.cases import MAIN, Case, cases_of
from tests.contracts.fits import fits, hostile
from tests.contracts.gcp_stage import NUMBER, PROJECT, Stage, load
from tests.contracts.harness import Played, in_order, without
from tests.lab.gcp import faults, published, rpcs
from tests.lab.gcp.double import Double

GCP = {one.header.id: one for one in Registry.load().for_provider("gcp")}
EXEMPT: dict[tuple[str, str], str] = {}
"""(collector, test) that is not asked, with the reason."""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with pytest.MonkeyPatch.context() as patch, Double() as double:
        for name, value in double.environ(tmp_path_factory.mktemp("gcp")).items():
            patch.setenv(name, value)
        yield Stage(double)


def every(test: Callable[..., None]) -> Callable[..., None]:
    """Ask the test of every collector but those that are exempt from it."""
    name = test.__name__.removeprefix("test_")
    marked = [
        pytest.param(one, marks=pytest.mark.skip(reason=EXEMPT[one, name])) if (one, name) in EXEMPT else one
        for one in GCP
    ]
    decorated: Callable[..., None] = pytest.mark.parametrize("identifier", marked)(test)
    return decorated


@functools.cache
def _main(stage: Stage, identifier: str) -> Played:
    return stage.play(GCP[identifier], _case(identifier))


def _case(identifier: str) -> Case:
    found = cases_of(identifier).get(MAIN)
    assert found, f"{identifier} needs tests/collectors/{identifier}/{MAIN}/case.yaml and expect.ndjson"
    return found


def _population(stage: Stage, identifier: str) -> tuple[str, int]:
    found = _main(stage, identifier).populations
    assert found, f"{identifier} reads no population: nobody can tell whether it is whole"
    return max(found.items(), key=lambda item: item[1])


def _storm(stage: Stage, identifier: str, operation: str, fault: faults.Fault, **where: Any) -> Played:
    case = _case(identifier)
    load(stage.double, case)
    stage.double.fault(operation, fault, **where)
    return stage.run(GCP[identifier], case)


def _pages(call: str) -> bool:
    return rpcs.RPCS[call].pages if isinstance(METHODS[call], Rpc) else published.methods()[call].pages


@pytest.mark.parametrize("case", [one for name in GCP for one in cases_of(name).values()], ids=lambda one: one.id)
def test_case(stage: Stage, case: Case) -> None:
    played = stage.play(GCP[case.collector], case)
    assert not played.unserved, "the case has no answer for these"
    assert stage.double.defects == [], "the case says what Google's published shapes do not have"
    assert played.plain == in_order(case.expect)
    assert played.closing.outcome == case.outcome, (played.closing.error, played.closing.lacking)
    if case.lacking is not None:
        assert sorted(f"{one.what} {one.reason}" for one in played.closing.lacking) == sorted(case.lacking)
    if case.skips is not None:
        assert sum(one.count for one in played.closing.skips) == case.skips
    if case.notes is not None:
        assert set(case.notes) <= set(played.closing.notes)


@functools.cache
def _permissions() -> frozenset[str]:
    lines = (Path(__file__).parent / "permissions_gcp.txt").read_text().splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


@every
def test_header_is_declared_well(identifier: str) -> None:
    header = GCP[identifier].header
    assert re.fullmatch(r"gcp\.[a-z0-9_]+", header.id)
    assert header.title
    assert len(header.population.split()) > 4
    assert header.per != "region", "the lists of Google span all regions"
    assert all(limit.endswith(".") for limit in header.limits), "each limit is a sentence"
    assert header.windows is None or KINDS[header.kind].event
    for api in header.calls:
        assert api.call in METHODS, f"the client knows no {api.call}"
        assert api.permissions, f"{api.call} names no permission"
        for permission in api.permissions:
            assert permission in _permissions(), f"no predefined role of Google holds {permission}"


def test_what_the_client_needs_exists() -> None:
    assert set(NEEDED) <= _permissions()


@pytest.mark.parametrize("call", METHODS)
def test_every_method_is_a_published_one(call: str) -> None:
    method = METHODS[call]
    if isinstance(method, Rest):
        known = published.methods()[call]
        assert (method.verb, method.url) == (known.verb, known.root + known.path)
    else:
        assert rpcs.RPCS[call].name == "".join(part.capitalize() for part in method.method.split("_"))


@every
def test_called_is_declared_and_declared_is_called(stage: Stage, identifier: str) -> None:
    called = {name for case in cases_of(identifier).values() for name, _ in stage.play(GCP[identifier], case).called}
    assert {api.call for api in GCP[identifier].header.calls} - called == set(), "declared, and called by no case"
    assert called - {api.call for api in GCP[identifier].header.calls} == set(), "called, and not declared"


@every
def test_rows_are_of_the_kind(stage: Stage, identifier: str) -> None:
    spec = KINDS[GCP[identifier].header.kind]
    for row in _main(stage, identifier).rows:
        assert type(row) is spec.row
        for name, hint in typing.get_type_hints(spec.row).items():
            if name != "kind":
                assert fits(getattr(row, name), hint), f"{name} of {row.id} is {getattr(row, name)!r}, not {hint}"


@every
def test_ids_are_unique(stage: Stage, identifier: str) -> None:
    for case in cases_of(identifier).values():
        ids = [row.id for row in stage.play(GCP[identifier], case).rows]
        assert all(ids)
        assert len(ids) == len(set(ids)), case.id


@every
def test_main_case_has_two_pages(stage: Stage, identifier: str) -> None:
    call, pages = _population(stage, identifier)
    if _pages(call):
        assert pages >= 2, f"{call} pages: give the main case two pages of it"


@every
def test_empty_population_succeeds(stage: Stage, identifier: str) -> None:
    if "empty" in cases_of(identifier):
        return  # the case itself says what comes of nothing
    case = _case(identifier)
    populations = _main(stage, identifier).populations
    answers = {name: [{}] if name in populations else given for name, given in case.answers.items()}
    played = stage.play(GCP[identifier], case.with_answers(answers))
    assert played.closing.outcome is Outcome.SUCCEEDED, (played.closing.error, played.closing.lacking)
    assert played.rows == [], "write a case `empty` that says what an empty population yields"


@every
def test_second_page_fails(stage: Stage, identifier: str) -> None:
    call, pages = _population(stage, identifier)
    played = _storm(stage, identifier, call, faults.broken(None), page=2 if pages >= 2 else None)
    assert call in {one.what for one in played.closing.lacking}
    if pages >= 2:
        assert played.closing.outcome is Outcome.PARTIAL
        assert len(played.rows) < len(_main(stage, identifier).rows)
    else:
        assert played.closing.outcome in (Outcome.FAILED, Outcome.PARTIAL)


@every
@pytest.mark.parametrize("fault", [faults.expired_page_token(), faults.repeated_token()], ids=lambda one: one.name)
def test_page_token_that_expires_or_repeats(stage: Stage, identifier: str, fault: faults.Fault) -> None:
    call, pages = _population(stage, identifier)
    if pages < 2:
        return  # nothing pages here; the case above holds it to that
    played = _storm(stage, identifier, call, fault, page=2)
    assert played.closing.outcome is Outcome.PARTIAL
    assert call in {one.what for one in played.closing.lacking}


@every
@pytest.mark.parametrize(
    "fault", [faults.throttle(1), faults.throttle(1, retry_after=2), faults.old_throttle(1), faults.unavailable(1),
              faults.cut(1), faults.rubbish(1), faults.truncated(1)], ids=lambda one: one.name,
)
def test_a_stumble_changes_nothing(stage: Stage, identifier: str, fault: faults.Fault) -> None:
    case, calm = _case(identifier), _main(stage, identifier)
    load(stage.double, case)
    for name in {name for name, _ in calm.called}:
        stage.double.fault(name, fault)
    played = stage.run(GCP[identifier], case)
    assert played.closing.outcome is Outcome.SUCCEEDED, (played.closing.error, played.closing.lacking)
    assert played.plain == calm.plain


@every
def test_denied_call_never_succeeds(stage: Stage, identifier: str) -> None:
    for name in sorted({name for name, _ in _main(stage, identifier).called}):
        api = GCP[identifier].header.api(name)
        assert api
        played = _storm(stage, identifier, name, faults.denied(permission=api.permissions[0]))
        assert played.closing.outcome is not Outcome.SUCCEEDED, f"{name} denied"
        lacking = {(one.what, one.reason, one.permission) for one in played.closing.lacking}
        assert (name, "denied", api.permissions[0]) in lacking
        if name in _main(stage, identifier).populations and len(_main(stage, identifier).populations) == 1:
            assert played.closing.outcome is Outcome.FAILED or played.rows, f"{name} denied, and nothing came"


@every
def test_api_switched_off(stage: Stage, identifier: str) -> None:
    for api in GCP[identifier].header.calls:
        if api.call not in {name for name, _ in _main(stage, identifier).called}:
            continue
        elsewhere = _storm(stage, identifier, api.call, faults.switched_off("77"))
        assert elsewhere.closing.outcome is not Outcome.SUCCEEDED, "another project's switch is no answer"
        assert "77" in str(elsewhere.closing.lacking)
        for own in (faults.switched_off(NUMBER), faults.old_switched_off(PROJECT)):
            played = _storm(stage, identifier, api.call, own)
            if "SERVICE_DISABLED" in api.answers:
                assert played.closing.outcome is Outcome.SUCCEEDED, (api.call, played.closing.lacking)
            else:
                assert played.closing.outcome is not Outcome.SUCCEEDED


@every
def test_credentials_that_expire_in_mid_run(stage: Stage, identifier: str) -> None:
    name, number = _main(stage, identifier).called[-1]
    case = _case(identifier)
    load(stage.double, case)
    for later in range(6):  # the token is renewed and tried again before the credentials are given up
        stage.double.fault(name, faults.expired_credentials(), request=number + later)
    played = stage.run(GCP[identifier], case)
    assert played.closing.outcome is not Outcome.SUCCEEDED
    assert "expired" in {one.reason for one in played.closing.lacking}


@every
def test_token_taken_back_in_mid_run_is_renewed(stage: Stage, identifier: str) -> None:
    calm = _main(stage, identifier)
    stage.double.forget()
    played = stage.play(GCP[identifier], _case(identifier))
    assert played.closing.outcome is calm.closing.outcome
    assert played.plain == calm.plain


@every
def test_repeated_page_gives_the_same_ids(stage: Stage, identifier: str) -> None:
    call, pages = _population(stage, identifier)
    if pages < 2:
        return  # nothing pages here
    played = _storm(stage, identifier, call, faults.repeated_page(1), page=2)
    assert {row.id for row in played.rows} == {row.id for row in _main(stage, identifier).rows}


@every
def test_another_order_changes_nothing(stage: Stage, identifier: str) -> None:
    call, _ = _population(stage, identifier)
    played = _storm(stage, identifier, call, faults.reordered())
    assert played.plain == _main(stage, identifier).plain


@every
def test_empty_page_with_a_token_goes_on(stage: Stage, identifier: str) -> None:
    call, pages = _population(stage, identifier)
    if pages < 2:
        return  # nothing pages here
    played = _storm(stage, identifier, call, faults.empty_page(1), page=2)
    assert played.plain == _main(stage, identifier).plain


@every
def test_another_address_is_not_followed(stage: Stage, identifier: str) -> None:
    with Double() as other:
        for name in sorted({name for name, _ in _main(stage, identifier).called}):
            if isinstance(METHODS[name], Rest):
                played = _storm(stage, identifier, name, faults.elsewhere(f"{other.url}/v1/x"))
                assert played.closing.outcome is not Outcome.SUCCEEDED
        assert other.calls == []
        assert other.unserved == []


@every
def test_hostile_strings_survive(stage: Stage, identifier: str) -> None:
    case = _case(identifier)
    answers = hostile(copy.deepcopy(case.answers))
    played = stage.play(GCP[identifier], case.with_answers(answers))
    assert played.closing.outcome in (Outcome.SUCCEEDED, Outcome.PARTIAL), played.closing.error
    if answers != case.answers:
        assert played.lines
        assert all(one.endswith(b"\n") and one.count(b"\n") == 1 for one in played.lines)


SECRET = "planted-secret"
PLANTED = sorted(name for name in GCP if any(SECRET in str(one.answers) for one in cases_of(name).values()))


@pytest.mark.parametrize("identifier", PLANTED)
def test_what_may_be_secret_stays_behind(stage: Stage, identifier: str) -> None:
    for case in (one for one in cases_of(identifier).values() if SECRET in str(one.answers)):
        played = stage.play(GCP[identifier], case)
        assert played.lines
        assert not [one for one in played.lines if SECRET.encode() in one]


@every
def test_undeclared_call_is_refused(stage: Stage, identifier: str) -> None:
    used = {name for name, _ in _main(stage, identifier).called} & {api.call for api in GCP[identifier].header.calls}
    assert used
    for call in sorted(used):
        played = stage.play(without(GCP[identifier], call), _case(identifier))
        assert played.closing.outcome is Outcome.FAILED
        assert call in {one.what for one in played.closing.lacking}


@every
def test_declared_answers_and_absences(stage: Stage, identifier: str) -> None:
    called = {name for name, _ in _main(stage, identifier).called}
    for api in GCP[identifier].header.calls:
        for code in (set(api.answers) - {"SERVICE_DISABLED"}) if api.call in called else ():
            played = _storm(stage, identifier, api.call, faults.error(code, 404, "so it is"))
            assert played.closing.outcome is Outcome.SUCCEEDED, (api.call, code, played.closing.error)
        for code in (set(api.unavailable) - {"SERVICE_DISABLED"}) if api.call in called else ():
            played = _storm(stage, identifier, api.call, faults.error(code, 400, "not here"))
            assert played.closing.outcome is not Outcome.SUCCEEDED, (api.call, code)
            assert (api.call, "unavailable") in {(one.what, one.reason) for one in played.closing.lacking}


def test_reading_headers_imports_no_sdk() -> None:
    code = (
        "import sys; from agent.registry import Registry; Registry.load();"
        "print([name for name in ('google.auth', 'grpc', 'requests') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_exemptions_name_what_exists() -> None:
    tests = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    assert all(one in GCP and test in tests and reason for (one, test), reason in EXEMPT.items())
