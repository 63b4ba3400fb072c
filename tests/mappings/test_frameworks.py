"""Frameworks and crosswalks from CSV: what is not as it should be has its line."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from agent.errors import ConfigurationError
from agent.mapping import ISO_2013, ISO_2022, TITLES, load_mapping
from agent.mapping.frameworks import parse_controls, parse_crosswalk
from agent.mapping.lint import lint_texts
from agent.mapping.load import packaged_texts
from tests.mappings.support import collectors

CROSSWALK = Path(__file__).parents[2] / "mappings" / "crosswalks" / "iso27001-2013-to-iso27001-2022.csv"


@pytest.mark.parametrize(("text", "line"), [
    ("id,title\n5.1,A\n", "f.csv:1:1: column 'group' is lacking. The first line names the columns id, title, group"),
    ("", "f.csv:1:1: column 'id' is lacking. The first line names the columns id, title, group"),
    ("id,title,group\n5.1,A,B\n5.1,A,B\n", "f.csv:3:1: control 5.1 is there twice"),
    ("id,title,group\n5.1,A\n", "f.csv:2:1: this line has too few columns. It needs id, title, group"),
])
def test_a_wrong_list_of_controls_is_one_line(text: str, line: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_controls(text, "f.csv", ISO_2022)
    assert caught.value.line() == line


def test_a_crosswalk_links_both_ways() -> None:
    walk = parse_crosswalk("source,target,relation\nA.1,5.1,merged\nA.2,5.1,merged\n", "c.csv", ISO_2013, ISO_2022)
    assert [link.target for link in walk.targets("A.2")] == ["5.1"]
    assert walk.targets("A.3") == ()


def test_the_crosswalk_holds_every_control_of_2013_and_the_82_that_are_not_new() -> None:
    with CROSSWALK.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len({row["source"] for row in rows}) == 114
    # 93 controls, of which 11 were new in 2022.
    assert len({row["target"] for row in rows}) == 82
    split = [row["source"] for row in rows if row["relation"] == "split_and_merged"]
    assert split == ["A.18.2.3", "A.18.2.3"]


def test_a_crosswalk_to_a_control_that_is_not_there_is_an_error() -> None:
    name = f"crosswalks/{CROSSWALK.name}"
    texts = dict(packaged_texts())
    texts[name] = texts[name].replace("A.12.3.1,8.13,", "A.12.3.1,8.1.3,")
    assert [one.line() for one in lint_texts(texts, collectors())] == [
        (f"error: the crosswalk {ISO_2013} to {ISO_2022} names '8.1.3', which {ISO_2022} does not have. "
         "Did you mean '8.13'?")]


def test_every_framework_has_a_title() -> None:
    mapping = load_mapping()
    named = set(mapping.frameworks) | {walk.source for walk in mapping.crosswalks} | {
        walk.target for walk in mapping.crosswalks}
    assert named == set(TITLES)
