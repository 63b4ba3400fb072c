"""One suite over every collector: each is led through the same storms, derived from its own main case.

A collector needs `tests/collectors/<id>/main` whose population has two pages where its operation
pages. Everything else here follows from that case and from the header.
"""

from __future__ import annotations

import copy
import functools
import re
import sys
import types
import typing
from collections.abc import Callable
from datetime import datetime
from typing import Any

import botocore.session
import pytest

from agent.clients.aws.tokens import Pagings
from agent.clients.aws.wire import paginators
from agent.model import KINDS, Outcome
from agent.registry import Registry
from tests.contracts.cases import MAIN, Case, cases_of
from tests.contracts.harness import Played, Stage, in_order, without
from tests.contracts.permissions import exists
from tests.lab.aws import faults

AWS = {one.header.id: one for one in Registry.load(strict=True).for_provider("aws")}
OPENS = "the call that fails here is the one that opens the account: no collector begins"
EXEMPT: dict[tuple[str, str], str] = {
    ("aws.sts_identity", "second_page_fails"): OPENS,
    ("aws.sts_identity", "denied_call_never_succeeds"): OPENS,
    ("aws.sts_identity", "empty_population_succeeds"): "whoever asks is somebody",
}
"""(collector, test) that is not asked, with the reason."""
HOSTILE = "=cmd|' /C calc'!A1 </script>\u202e\U0001f525 '\"; DROP TABLE records; --"
FREE_TEXT = re.compile(r"(description|message|title|comment|reason|value)$", re.IGNORECASE)


def every(test: Callable[..., None]) -> Callable[..., None]:
    """Ask the test of every collector but those that are exempt from it."""
    name = test.__name__.removeprefix("test_")
    marked = [
        pytest.param(one, marks=pytest.mark.skip(reason=EXEMPT[one, name])) if (one, name) in EXEMPT else one
        for one in AWS
    ]
    decorated: Callable[..., None] = pytest.mark.parametrize("identifier", marked)(test)
    return decorated


@functools.cache
def _main(stage: Stage, identifier: str) -> Played:
    return stage.play(AWS[identifier], _case(identifier))


def _case(identifier: str) -> Case:
    found = cases_of(identifier).get(MAIN)
    assert found, f"{identifier} needs tests/collectors/{identifier}/{MAIN}/case.yaml and expect.ndjson"
    return found


def _population(stage: Stage, identifier: str) -> tuple[str, int]:
    """Return the population call with the most pages, and how many it had in the main case."""
    found = _main(stage, identifier).populations
    assert found, f"{identifier} reads no population: nobody can tell whether it is whole"
    return max(found.items(), key=lambda item: item[1])


def _storm(stage: Stage, identifier: str, operation: str, fault: faults.Fault, **where: Any) -> Played:
    case = _case(identifier)
    stage.double.play(case)
    stage.double.fault(operation, fault, **where)
    return stage.run(AWS[identifier], case)


@pytest.mark.parametrize("case", [one for name in AWS for one in cases_of(name).values()], ids=lambda one: one.id)
def test_case(stage: Stage, case: Case) -> None:
    played = stage.play(AWS[case.collector], case)
    assert not played.unserved, "the case has no answer for these"
    assert played.plain == in_order(case.expect)
    assert played.closing.outcome == case.outcome, (played.closing.error, played.closing.lacking)
    if case.lacking is not None:
        assert sorted(f"{one.what} {one.reason}" for one in played.closing.lacking) == sorted(case.lacking)
    if case.skips is not None:
        assert sum(one.count for one in played.closing.skips) == case.skips


@every
def test_header_is_declared_well(identifier: str) -> None:
    header = AWS[identifier].header
    assert re.fullmatch(r"aws\.[a-z0-9_]+", header.id)
    assert header.kind in KINDS
    assert header.title
    assert len(header.population.split()) > 4
    assert all(limit.endswith(".") for limit in header.limits), "each limit is a sentence"
    assert header.windows is None or KINDS[header.kind].event
    model = botocore.session.get_session()
    for api in header.calls:
        service, _, operation = api.call.partition(".")
        names = {botocore.xform_name(name) for name in model.get_service_model(service).operation_names}
        assert operation in names, f"the SDK has no {api.call}"
        assert api.permissions, f"{api.call} names no permission"
        for permission in api.permissions:
            assert exists(permission), f"IAM has no action {permission}"


@every
def test_called_is_declared_and_declared_is_called(stage: Stage, identifier: str) -> None:
    called = {name for case in cases_of(identifier).values() for name, _ in stage.play(AWS[identifier], case).called}
    assert {api.call for api in AWS[identifier].header.calls} - called == set(), "declared, and called by no case"
    assert called - {api.call for api in AWS[identifier].header.calls} == set(), "called, and not declared"


@every
def test_rows_are_of_the_kind(stage: Stage, identifier: str) -> None:
    spec = KINDS[AWS[identifier].header.kind]
    for row in _main(stage, identifier).rows:
        assert type(row) is spec.row
        for name, hint in typing.get_type_hints(spec.row).items():
            if name != "kind":
                value = getattr(row, name)
                assert _fits(value, hint), f"{name} of {row.id} is {value!r}, not {hint}"


def _fits(value: Any, hint: Any) -> bool:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return any(_fits(value, one) for one in inner)
    if hint is typing.Any:
        return True
    if origin is list:
        return isinstance(value, list) and all(_fits(one, inner[0]) for one in value)
    if origin is dict:
        return isinstance(value, dict) and all(_fits(k, inner[0]) and _fits(v, inner[1]) for k, v in value.items())
    if hint is datetime:
        return isinstance(value, datetime) and value.tzinfo is not None
    return type(value) is hint or (hint is float and type(value) is int)


@every
def test_ids_are_unique(stage: Stage, identifier: str) -> None:
    for case in cases_of(identifier).values():
        ids = [row.id for row in stage.play(AWS[identifier], case).rows]
        assert all(ids)
        assert len(ids) == len(set(ids)), case.id


@every
def test_main_case_has_two_pages(stage: Stage, identifier: str) -> None:
    call, pages = _population(stage, identifier)
    if _pages(call):
        assert pages >= 2, f"{call} pages: give the main case two pages of it"


@functools.cache
def _pages(call: str) -> bool:
    service, _, operation = call.partition(".")
    model = botocore.session.get_session().get_service_model(service)
    pagings = Pagings(paginators)
    name = next(name for name in model.operation_names if botocore.xform_name(name) == operation)
    return bool(pagings.of(model, name).inputs)


@every
def test_empty_population_succeeds(stage: Stage, identifier: str) -> None:
    if "empty" in cases_of(identifier):
        return  # the case itself says what comes of nothing
    case = _case(identifier)
    populations = _main(stage, identifier).populations
    answers = {name: [_emptied(given[0])] if name in populations else given for name, given in case.answers.items()}
    played = stage.play(AWS[identifier], case.with_answers(answers))
    assert played.closing.outcome is Outcome.SUCCEEDED, (played.closing.error, played.closing.lacking)
    assert played.rows == [], "write a case `empty` that says what an empty population yields"


def _emptied(page: dict[str, Any]) -> dict[str, Any]:
    inner = page.get("pages", [page])[0]
    return {name: [] if isinstance(value, list) else value for name, value in inner.items()}


@every
def test_second_page_fails(stage: Stage, identifier: str) -> None:
    call, pages = _population(stage, identifier)
    page = 2 if pages >= 2 else 1
    played = _storm(stage, identifier, call, faults.broken(None), page=page if pages >= 2 else None)
    assert played.closing.outcome is (Outcome.PARTIAL if page == 2 else Outcome.FAILED)
    assert call in {one.what for one in played.closing.lacking}
    if page == 2:
        assert len(played.rows) < len(_main(stage, identifier).rows)


@every
def test_page_token_that_expires_and_one_that_repeats(stage: Stage, identifier: str) -> None:
    call, pages = _population(stage, identifier)
    if pages < 2:
        return  # nothing pages here; the case above holds it to that
    played = _storm(stage, identifier, call, faults.expired_page_token(), page=2)
    assert played.closing.outcome is Outcome.PARTIAL
    assert call in {one.what for one in played.closing.lacking}
    played = _storm(stage, identifier, call, faults.repeated_token(), page=2)
    assert played.closing.outcome is Outcome.PARTIAL
    assert call in {one.what for one in played.closing.lacking}


@every
def test_throttled_once_changes_nothing(stage: Stage, identifier: str) -> None:
    case, calm = _case(identifier), _main(stage, identifier)
    stage.double.play(case)
    for name in {name for name, _ in calm.called}:
        stage.double.fault(name, faults.throttle(1))
    played = stage.run(AWS[identifier], case)
    # A script that answers call by call (a report that is being written) has moved on with the refused call.
    assert played.closing.outcome is Outcome.SUCCEEDED, (played.closing.error, played.closing.lacking)
    assert played.plain == calm.plain


@every
def test_denied_call_never_succeeds(stage: Stage, identifier: str) -> None:
    for name in sorted({name for name, _ in _main(stage, identifier).called}):
        api = AWS[identifier].header.api(name)
        assert api
        played = _storm(stage, identifier, name, faults.denied())
        if api.answers.keys() & {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}:
            continue
        assert played.closing.outcome is not Outcome.SUCCEEDED, f"{name} denied"
        assert name in {one.what for one in played.closing.lacking}, f"{name} denied"
        if name in _main(stage, identifier).populations and len(_main(stage, identifier).populations) == 1:
            assert played.closing.outcome is Outcome.FAILED or played.rows, f"{name} denied, and nothing came"


@every
def test_credentials_that_expire_in_mid_run(stage: Stage, identifier: str) -> None:
    name, number = _main(stage, identifier).called[-1]
    played = _storm(stage, identifier, name, faults.expired_credentials(), request=number)
    assert played.closing.outcome is not Outcome.SUCCEEDED
    assert "expired" in {one.reason for one in played.closing.lacking}


@every
def test_repeated_page_gives_the_same_ids(stage: Stage, identifier: str) -> None:
    call, pages = _population(stage, identifier)
    if pages < 2:
        return  # nothing pages here
    played = _storm(stage, identifier, call, faults.repeated_page(1), page=2)
    assert {row.id for row in played.rows} == {row.id for row in _main(stage, identifier).rows}


@every
def test_empty_page_with_a_token_goes_on(stage: Stage, identifier: str) -> None:
    call, pages = _population(stage, identifier)
    if pages < 2:
        return  # nothing pages here
    played = _storm(stage, identifier, call, faults.empty_page(1), page=2)
    assert played.plain == _main(stage, identifier).plain


@every
def test_hostile_strings_survive(stage: Stage, identifier: str) -> None:
    case = _case(identifier)
    answers = _hostile(copy.deepcopy(case.answers))
    played = stage.play(AWS[identifier], case.with_answers(answers))
    assert played.closing.outcome in (Outcome.SUCCEEDED, Outcome.PARTIAL), played.closing.error
    if answers != case.answers:
        assert played.lines
        assert all(one.endswith(b"\n") and one.count(b"\n") == 1 for one in played.lines)


def _hostile(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {
            key: inner if key in ("when", "error") else _hostile(inner, str(key)) for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_hostile(one, name) for one in value]
    return value + HOSTILE if isinstance(value, str) and FREE_TEXT.search(name) else value


@every
def test_undeclared_call_is_refused(stage: Stage, identifier: str) -> None:
    for api in AWS[identifier].header.calls:
        if api.call in {name for name, _ in _main(stage, identifier).called}:
            played = stage.play(without(AWS[identifier], api.call), _case(identifier))
            assert played.closing.outcome is Outcome.FAILED
            assert api.call in {one.what for one in played.closing.lacking}


@every
def test_declared_answers_and_absences(stage: Stage, identifier: str) -> None:
    called = {name for name, _ in _main(stage, identifier).called}
    for api in AWS[identifier].header.calls:
        for code in api.answers if api.call in called else ():
            played = _storm(stage, identifier, api.call, faults.error(code, 400, "so it is"))
            assert played.closing.outcome is Outcome.SUCCEEDED, (api.call, code, played.closing.error)
        for code in api.unavailable if api.call in called else ():
            played = _storm(stage, identifier, api.call, faults.error(code, 400, "not here"))
            assert played.closing.outcome is not Outcome.SUCCEEDED, (api.call, code)
            assert (api.call, "unavailable") in {(one.what, one.reason) for one in played.closing.lacking}


def test_reading_headers_imports_no_sdk() -> None:
    import subprocess

    code = "import sys; from agent.registry import Registry; Registry.load(); print('botocore' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_exemptions_name_what_exists() -> None:
    tests = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    assert all(one in AWS and test in tests and reason for (one, test), reason in EXEMPT.items())
