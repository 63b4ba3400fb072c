"""The shared timelines, and our own, through the runner of mapping tests."""

from __future__ import annotations

from agent import vectors
from tests.rules.qualify import cases, qualifies


def test_the_shared_timelines_pass() -> None:
    report = vectors.run(cases("freshness.yaml"), qualifies)
    assert report.messages == ()
    assert (report.passed, report.failed) == (184, 0)
