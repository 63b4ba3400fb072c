"""Lint: each mistake is one line with its place and its remedy."""

from __future__ import annotations

import pytest

from agent.mapping import packaged_texts
from agent.mapping.lint import Complaint, lint_texts
from agent.yamlfile import load
from tests.mappings.support import HERE, collectors

BAD: list[dict[str, str]] = load(HERE / "bad_input.yaml").value
GOOD = """- id: one
  title: One
  controls: {primary: ["8.13"]}
  kind: backup_test
  collectors: [aws.backup_restore_jobs]
  basis: occurred
  qualifies: outcome = 'completed'
  cadence: P3M
  max_age: P100D
  coverage: each_period
  owner: somebody
  checks:
    - {id: c, title: C, exceptions: "SELECT id FROM records WHERE outcome = 'failed'"}
"""


def complaints(text: str) -> list[Complaint]:
    """Return what is said of the text beside the frameworks and the requirements on logs."""
    beside = {name: packaged for name, packaged in packaged_texts().items()
              if not name.startswith("requirements/") or name == "requirements/logging.yaml"}
    return list(lint_texts(beside | {"own/own.yaml": text}, collectors(), whole=False))


def lines(text: str) -> list[str]:
    return [one.line() for one in complaints(text)]


def test_the_packaged_mapping_is_clean() -> None:
    assert [one.line() for one in lint_texts(packaged_texts(), collectors())] == []


def test_the_pattern_of_the_tests_below_is_clean() -> None:
    assert lines(GOOD) == []


@pytest.mark.parametrize("bad", BAD, ids=[bad["name"] for bad in BAD])
def test_a_mistake_is_one_line(bad: dict[str, str]) -> None:
    assert bad["old"] in GOOD
    assert lines(GOOD.replace(bad["old"], bad["new"], 1)) == [bad["says"]]


def test_an_id_that_is_there_twice_names_both_places() -> None:
    assert lines(GOOD + GOOD) == [
        "own.yaml:14:3: error: requirement 'one' is there twice, first at own.yaml:1:3. Give one of them another id"]


def test_a_state_has_no_time_to_count_from() -> None:
    text = GOOD.split("  qualifies", maxsplit=1)[0].replace("backup_test", "asset")
    text = text.replace("backup_restore_jobs", "config_inventory")
    assert lines(text + "  cadence: P1D\n  owner: x\n") == [
        "own.yaml:1:3: error: requirement 'one': kind asset has no occurred_at to count from. Use `basis: collected`"]


def test_a_log_source_is_a_requirement_of_that_kind() -> None:
    text = """- id: events
  title: Events
  controls: {primary: ["8.15"]}
  kind: log_event
  collectors: [aws.cloudtrail_events]
  cadence: P1D
  coverage: continuous
  log_source: LOG
  owner: x
"""
    assert lines(text.replace("LOG", "audit-trail-configured")) == []
    assert lines(text.replace("LOG", "audit-trail-config")) == [
        ("own.yaml:1:3: error: requirement 'events': log_source names 'audit-trail-config', which is no requirement. "
        "Did you mean 'audit-trail-configured'?")]
    assert lines(text.replace("LOG", "audit-trail-integrity")) == [
        ("own.yaml:1:3: error: requirement 'events': log_source names 'audit-trail-integrity', whose kind is "
         "log_event. Name one of kind log_source")]


def test_a_document_needs_an_owner_and_guidance() -> None:
    text = '- {id: d, title: D, controls: {primary: ["5.1"]}, kind: document, cadence: P1Y}\n'
    assert lines(text) == [
        "own.yaml:1:3: error: requirement 'd': a document has no owner. Add `owner:` with the role that brings it",
        "own.yaml:1:3: error: requirement 'd': a document has no guidance. Add `guidance:` that says what to upload"]


def test_a_control_that_nothing_shows_is_an_error() -> None:
    texts = dict(packaged_texts())
    name = "requirements/documents/physical-records.yaml"
    texts[name] = texts[name].replace('{primary: ["7.12"]}', '{primary: ["7.11"]}')
    assert [one.line() for one in lint_texts(texts, collectors())] == [
        ("error: control 7.12 'Cabling security' has no requirement. "
        "Add one that names it as primary, a document if nothing can be collected")]


@pytest.mark.parametrize(("text", "line"), [
    ("id: one\n", "own.yaml:1:1: error: this is not a list of requirements. Begin each with `- id:`"),
    ("- one\n", "own.yaml:1:3: error: a requirement is text. Begin it with `id:`"),
    ("- id: [\n", None),
    ("- {id: a, id: b}\n", None),
])
def test_what_is_no_list_of_requirements(text: str, line: str | None) -> None:
    found = lines(text)
    assert found[0].startswith("own.yaml:")
    assert line is None or found[0] == line
    assert all("\n" not in one for one in found)


def test_several_mistakes_are_several_lines_and_the_rest_is_still_read() -> None:
    wrong = GOOD.replace("P3M", "3M").replace("each_period", "each")
    text = wrong + GOOD.replace("id: one", "id: two").replace("8.13", "8.99")
    assert [one.line().split(": error: ")[0] for one in complaints(text)] == [
        "own.yaml:8:12", "own.yaml:10:13", "own.yaml:14:3"]


def test_numbers_of_controls_may_be_written_without_quotes() -> None:
    assert lines(GOOD.replace('["8.13"]', "[8.10]")) == []
