"""The settings that checks read are those that the collectors write."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.mapping import load_mapping
from agent.mapping.sql import Bench

COLLECTORS = Path(__file__).parents[2] / "collectors"


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


@pytest.mark.parametrize(("requirement", "collector", "setting"), read_settings())
def test_the_collector_writes_the_setting_that_the_check_reads(requirement: str, collector: str, setting: str) -> None:
    path = COLLECTORS / f"{collector.replace('.', '/')}.py"
    if not path.exists():
        pytest.skip(f"{collector} is not built")
    assert f'"{setting}"' in path.read_text(encoding="utf-8"), f"{requirement} would never see an exception"
