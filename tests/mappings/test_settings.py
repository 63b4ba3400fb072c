"""The settings that checks read are those that the collectors yield, by the rows of their own cases."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

from agent.mapping import load_mapping
from agent.mapping.sql import Bench

CASES = Path(__file__).parents[1] / "collectors"


def read_settings() -> list[tuple[str, str, str]]:
    """Return (requirement, collector, setting) for every setting that a check names."""
    found = set()
    with Bench("configuration") as bench:
        for one in load_mapping().requirements.values():
            if one.kind == "configuration":
                texts = {text for check in one.checks for column, text in bench.literals(check.exceptions)
                         if column == "setting"}
                found |= {(one.id, collector, text) for text in texts for collector in one.collectors}
    return sorted(found)


@cache
def yielded(collector: str) -> frozenset[str]:
    """Return the settings in the expected rows of the collector's cases, which its contract tests hold it to."""
    lines = (line for path in CASES.glob(f"{collector}/*/expect.ndjson")
             for line in path.read_text(encoding="utf-8").splitlines())
    return frozenset(json.loads(line)["setting"] for line in lines if line.strip())


@pytest.mark.parametrize(("requirement", "collector", "setting"), read_settings())
def test_the_collector_yields_the_setting_that_the_check_reads(requirement: str, collector: str, setting: str) -> None:
    assert setting in yielded(collector), f"{requirement} would never see an exception"


def test_every_requirement_on_settings_reads_one() -> None:
    wanted = {one.id for one in load_mapping().requirements.values() if one.kind == "configuration" and one.collectors}
    assert {requirement for requirement, _, _ in read_settings()} == wanted
