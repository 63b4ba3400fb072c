"""The pages on mappings are current, and their examples are loaded and linted."""

from __future__ import annotations

import re
from pathlib import Path

from agent.mapping import PERIODS, build, load_mapping, packaged_texts
from agent.mapping.lint import lint_texts
from agent.mapping.requirements import KEYS, MAX_AGE
from agent.mapping.table import automated, controls_page, kinds_table
from tests.mappings.support import collectors

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "mappings.md").read_text(encoding="utf-8")


def test_the_table_has_a_row_for_each_control_and_clause() -> None:
    page = controls_page(load_mapping())
    assert len(re.findall(r"^\| [5-8]\.\d+ [^|]+\| (collected|document|both) \|", page, re.MULTILINE)) == 93
    assert "| 7.12 Cabling security | document |  | cabling | A.11.2.3 |" in page


def test_the_table_of_kinds_is_current() -> None:
    assert kinds_table() in PAGE


def test_every_key_is_explained() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| `")]
    explained = {word for line in rows for word in re.findall("`([a-z_]+)`", line)}
    assert set(KEYS) <= explained
    assert all(text in PAGE for text in (*PERIODS, *MAX_AGE.values()))


def test_the_examples_are_clean() -> None:
    first, own = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    first = first.replace("- id: backup-restore-tests", "- id: example")
    texts = dict(packaged_texts()) | {"own/first.yaml": first, "own/own.yaml": own}
    assert [one.line() for one in lint_texts(texts, collectors())] == []
    assert build(texts).requirements["log-retention"].title.endswith("a year")


def test_a_document_is_never_automated_coverage() -> None:
    mapping = load_mapping()
    assert automated(mapping.requirements_for("7.12")) == "document"
    assert automated(mapping.requirements_for("8.13")) == "both"
    assert automated(mapping.requirements_for("5.9")) == "collected"
    assert automated(()) == ""
