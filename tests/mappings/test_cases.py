"""Every `qualifies` and every check meets a record that passes and one that fails, worked out by hand."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest

from agent.mapping import load_mapping
from agent.mapping.sql import Bench, qualify
from tests.mappings.support import cases

MAPPING = load_mapping()
CASES = list(cases())
IDS = [case["name"] for case in CASES]


def _rows(case: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the records as the lake has them: collected at the instant asked, unless the case names another.

    Credentials have all their parts, as a collector writes them.
    """
    empty = {"type": None, "created_at": None, "last_used_at": None, "active": None}
    held = [{"collected_at": case["as_of"]} | row for row in case["records"]]
    return [row | {"credentials": [empty | one for one in row["credentials"]]} if "credentials" in row else row
            for row in held]


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_the_records_that_qualify_are_those_named(case: dict[str, Any]) -> None:
    requirement = MAPPING.requirements[case["requirement"]]
    assert bool(requirement.qualifies) == ("qualifies" in case), "a case names `qualifies` where there is one"
    rows = _rows(case)
    answer = qualify(requirement.kind, requirement.qualifies, rows)
    wanted = case.get("qualifies", [row["id"] for row in rows])
    assert [row["id"] for row, yes in zip(rows, answer, strict=True) if yes] == wanted


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_the_exceptions_are_those_named(case: dict[str, Any]) -> None:
    requirement = MAPPING.requirements[case["requirement"]]
    checks = {check.id: check for check in requirement.checks}
    with Bench(requirement.kind) as bench:
        bench.load(_rows(case))
        found = {name: sorted(row["id"] for row in bench.rows(checks[name].exceptions, case["as_of"]))
                 for name in case["exceptions"]}
    assert found == {name: sorted(ids) for name, ids in case["exceptions"].items()}


def test_every_check_fails_in_one_case_for_one_record_and_not_for_another() -> None:
    failed, passed = set(), set()
    for case in CASES:
        requirement = MAPPING.requirements[case["requirement"]]
        checks = {check.id: check.exceptions for check in requirement.checks}
        for name, ids in case["exceptions"].items():
            known = {row["id"] for row in case["records"]}
            failed |= {(requirement.kind, checks[name])} if ids else set()
            passed |= {(requirement.kind, checks[name])} if known - set(ids) else set()
    wanted = {(one.kind, check.exceptions): f"{one.id}/{check.id}" for one in MAPPING.requirements.values()
              for check in one.checks}
    assert sorted(name for key, name in wanted.items() if key not in failed & passed) == []


def test_every_qualifies_takes_one_record_and_leaves_another() -> None:
    tried: dict[tuple[str, str], set[bool]] = defaultdict(set)
    for case in CASES:
        requirement = MAPPING.requirements[case["requirement"]]
        if requirement.qualifies:
            tried[requirement.kind, requirement.qualifies] |= {
                row["id"] in case["qualifies"] for row in case["records"]}
    wanted = {(one.kind, one.qualifies): one.id for one in MAPPING.requirements.values() if one.qualifies}
    assert sorted(name for key, name in wanted.items() if tried[key] != {True, False}) == []
