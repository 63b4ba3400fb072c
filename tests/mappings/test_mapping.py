"""The packaged mapping: complete, asked by either edition, and known by its digest."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from agent.errors import ConfigurationError
from agent.mapping import ISO_2013, ISO_2022, build, load_mapping, packaged_texts

MAPPING = load_mapping()
DATA = Path(__file__).parents[2] / "mappings"

OWN = """
- id: board-minutes
  title: Minutes of the board
  controls: {primary: ["5.4"]}
  kind: document
  cadence: P3M
  owner: board
  guidance: Bring the minutes.
"""
STRICTER = """
- id: backup-restore-tests
  replaces: backup-restore-tests
  title: Restore tests, monthly
  controls: {primary: ["8.13"]}
  kind: backup_test
  collectors: [aws.backup_restore_jobs]
  basis: occurred
  cadence: P1M
"""


def column(path: str, name: str) -> list[str]:
    with (DATA / path).open(encoding="utf-8") as file:
        return [row[name] for row in csv.DictReader(file)]


def test_there_are_93_controls_in_four_themes_and_114_in_fourteen_domains() -> None:
    themes = Counter(control.group for control in MAPPING.controls(ISO_2022))
    assert themes == {"Organizational": 37, "People": 8, "Physical": 14, "Technological": 34}
    assert len(MAPPING.controls(ISO_2013)) == 114
    assert len({control.group for control in MAPPING.controls(ISO_2013)}) == 14
    assert [control.id for control in MAPPING.controls(ISO_2022)] == column("frameworks/iso27001-2022.csv", "id")


def test_every_control_of_either_edition_has_a_primary_requirement() -> None:
    for framework in (ISO_2022, ISO_2013):
        bare = [control.id for control in MAPPING.controls(framework)
                if not any(one.role == "primary" for one in MAPPING.requirements_for(control.id, framework))]
        assert bare == [], framework


def test_every_clause_has_a_requirement() -> None:
    assert [clause.id for clause in MAPPING.clauses if not MAPPING.requirements_for_clause(clause.id)] == []


def test_every_control_that_asks_for_something_documented_has_a_document() -> None:
    asked = set(column("frameworks/iso27001-2022-documented.csv", "id"))
    have = {control for one in MAPPING.requirements.values() if one.document for control in one.primary}
    # An inventory and the records of the others are collected, and are documented by being collected.
    assert asked - have - {"5.9"} == {"8.3"}
    assert any(one.requirement.id == "access-control-rules" for one in MAPPING.requirements_for("8.3"))


@pytest.mark.parametrize(("old", "new"), [
    ("A.12.3.1", {"8.13"}), ("A.5.1.2", {"5.1"}), ("A.18.2.3", {"5.36", "8.8"}), ("A.9.2.5", {"5.18"}),
])
def test_a_2013_control_has_the_requirements_of_its_counterparts(old: str, new: set[str]) -> None:
    assert set(MAPPING.counterparts(old, ISO_2013)) == new
    wanted = {one.requirement.id for control in new for one in MAPPING.requirements_for(control)}
    assert {one.requirement.id for one in MAPPING.requirements_for(old, ISO_2013)} == wanted


def test_primary_for_one_counterpart_is_primary_for_the_2013_control() -> None:
    roles = {one.requirement.id: one.role for one in MAPPING.requirements_for("A.18.2.3", ISO_2013)}
    assert roles["patch-compliance"] == "primary"  # primary for 8.8, nothing to 5.36
    assert roles["security-posture-findings"] == "primary"  # primary for 8.8, supporting for 5.36


def test_primary_requirements_come_first() -> None:
    roles = [one.role for one in MAPPING.requirements_for("8.13")]
    assert roles == sorted(roles)
    assert "supporting" in roles


def test_other_frameworks_are_pointed_at() -> None:
    related = MAPPING.related("8.13")
    assert "CP-9" in related["nist-800-53-r5"]
    assert related[ISO_2013] == ("A.12.3.1",)


def test_an_unknown_framework_is_a_key_error_and_an_unknown_control_has_nothing() -> None:
    with pytest.raises(KeyError):
        MAPPING.controls("soc2")
    assert MAPPING.control("9.99") is None
    assert MAPPING.requirements_for("9.99") == ()


def test_documents_are_never_automated() -> None:
    assert all(not one.collectors for one in MAPPING.requirements.values() if one.document)
    assert all(one.collectors for one in MAPPING.requirements.values() if not one.document)


def test_the_roles_are_those_that_own_something() -> None:
    assert {"ciso", "backup-owner", "access-owner", "facilities"} <= set(MAPPING.roles)
    assert "" not in MAPPING.roles


def test_the_digest_says_what_the_mapping_says() -> None:
    texts = dict(packaged_texts())
    again = build({name: f"# A comment\n{text}" if name.endswith(".yaml") else text for name, text in texts.items()})
    assert again.digest == MAPPING.digest == build(MAPPING.sources).digest
    name = "requirements/backup.yaml"
    changed = build(texts | {name: texts[name].replace("max_age: P100D", "max_age: P110D")})
    assert changed.digest != MAPPING.digest


def test_own_requirements_are_laid_over(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "own.yaml").write_text(OWN)
    (tmp_path / "strict.yml").write_text(STRICTER)
    mapping = load_mapping(tmp_path)
    assert mapping.requirements["board-minutes"].max_age.text == "P100D"
    assert mapping.requirements["backup-restore-tests"].cadence.text == "P1M"
    assert len(mapping.requirements) == len(MAPPING.requirements) + 1
    assert str(mapping.places["board-minutes"]) == f"{tmp_path}/deep/own.yaml:2:3"
    assert mapping.digest != MAPPING.digest


def test_one_that_replaces_another_may_have_an_id_of_its_own() -> None:
    text = STRICTER.replace("- id: backup-restore-tests", "- id: monthly-restores")
    mapping = build(dict(packaged_texts()) | {"own/a.yaml": text})
    assert "backup-restore-tests" not in mapping.requirements
    assert "monthly-restores" in mapping.requirements


def test_nothing_is_replaced_by_accident() -> None:
    text = STRICTER.replace("  replaces: backup-restore-tests\n", "")
    with pytest.raises(ConfigurationError) as caught:
        build(dict(packaged_texts()) | {"own/a.yaml": text})
    assert caught.value.line() == ("a.yaml:2:3: requirement 'backup-restore-tests' is in the package already. "
                                   "Add `replaces: backup-restore-tests` if yours is to stand in its place")


def test_a_directory_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_mapping(tmp_path / "nowhere")
    assert caught.value.line() == (f"{tmp_path}/nowhere is not a directory. "
                                   "Name the one that holds your requirements")


def test_a_mapping_is_a_value() -> None:
    one = MAPPING.requirements["backup-restore-tests"]
    assert replace(one, title="x") != one
    assert (one.primary, one.supporting) == (("8.13",), ("5.29", "5.30", "8.14"))
    assert (one.cadence.months, one.max_age.exact.days, one.coverage, one.basis) == (3, 100, "each_period", "occurred")
