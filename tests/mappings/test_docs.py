"""The pages on mappings are current, and their examples are loaded and linted."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from agent.mapping import PERIODS, build, load_mapping, packaged_texts
from agent.mapping.coverage_table import classes, coverage_page
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


def counted(provider: str) -> dict[str, tuple[int, int]]:
    """Return deciding and supporting requirements of a provider by control, read from the files themselves."""
    found: dict[str, list[int]] = {}
    for file in (Path(__file__).parents[2] / "mappings" / "requirements").glob("*.yaml"):
        read = yaml.safe_load(file.read_text("utf-8"))
        for one in ({**read.get("defaults", {}), **entry} for entry in read["requirements"]):
            if any(name.startswith(f"{provider}.") for name in one.get("collectors", [])):
                for place, role in enumerate(("primary", "supporting")):
                    for control in one["controls"].get(role, []):
                        found.setdefault(str(control), [0, 0])[place] += 1
    return {control: (first, second) for control, (first, second) in found.items()}


@pytest.mark.parametrize("provider", ["aws", "entra", "gcp"])
def test_coverage_counts_what_the_files_say(provider: str) -> None:
    lines = coverage_page(load_mapping()).splitlines()
    header = next(line for line in lines if line.startswith("| control | class"))
    column = [cell.strip() for cell in header.split("|")].index(provider)
    shown = {}
    for line in lines:
        cells = [cell.strip() for cell in line.split("|")]
        if re.match(r"\d", cells[1] if len(cells) > 1 else "") and cells[column]:
            numbers = re.fullmatch(r"(\d+)?\s?(?:\((\d+)\))?", cells[column])
            assert numbers, cells[column]
            shown[cells[1].split()[0]] = (int(numbers[1] or 0), int(numbers[2] or 0))
    assert shown == counted(provider)
    total = re.search(rf"\| {provider} \| (\d+) \| (\d+) \|", "\n".join(lines))
    assert total
    assert (int(total[1]), int(total[2])) == (sum(bool(first) for first, _ in shown.values()), len(shown))


def test_a_document_is_never_counted_as_automated() -> None:
    mapping = load_mapping()
    for control in mapping.controls("iso27001-2022"):
        assigned = mapping.requirements_for(control.id)
        deciding = [one.requirement for one in assigned if one.role == "primary"]
        best, _ = classes(assigned)
        assert (best == "document") == all(one.document for one in deciding)
