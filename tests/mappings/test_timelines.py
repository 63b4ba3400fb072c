"""The packaged requirements over timelines: what is fresh, what is a gap."""

from __future__ import annotations

from typing import Any

import pytest

from agent.mapping import load_mapping
from agent.mapping.sql import qualify
from agent.vectors import run
from agent.yamlfile import load
from tests.mappings.support import HERE

TIMELINES: list[dict[str, Any]] = load(HERE / "timelines.yaml").value
AUDIT = {"starts": "2026-12-07", "ends": "2026-12-09", "period": {"from": "2025-12-01", "to": "2026-12-07"}}


def raw(requirement: str) -> dict[str, Any]:
    """Return a packaged requirement as a timeline spells it."""
    one = load_mapping().requirements[requirement]
    return {
        "id": one.id, "title": one.title, "controls": {"primary": list(one.primary)}, "kind": one.kind,
        "collectors": list(one.collectors) or ["typed"], "basis": one.basis, "qualifies": one.qualifies,
        "cadence": one.cadence.text, "max_age": one.max_age.text, "coverage": one.coverage,
    } | ({"tolerance": "PT2H"} if one.tolerance else {})


@pytest.mark.parametrize("case", TIMELINES, ids=[case["name"] for case in TIMELINES])
def test_a_timeline_of_a_packaged_requirement(case: dict[str, Any]) -> None:
    artifacts = [{"outcome": "succeeded", "window": None} | one for one in case["artifacts"]]
    whole = case | {"timezone": "UTC", "scope": "s", "audit": AUDIT, "artifacts": artifacts,
                    "requirement": raw(case["requirement"])}
    report = run([whole], qualify)
    assert report.messages == ()
    assert report.passed == len(case["expect"])
