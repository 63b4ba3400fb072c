"""The shared timelines, and our own, through the runner of mapping tests."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from agent import vectors
from agent.errors import ConfigurationError
from tests.rules.qualify import cases, qualifies


def test_the_shared_timelines_pass() -> None:
    report = vectors.run(cases("freshness.yaml"), qualifies)
    assert report.messages == ()
    assert (report.passed, report.failed) == (184, 0)


def test_our_own_timelines_pass() -> None:
    report = vectors.run(cases("own.yaml"), qualifies)
    assert report.messages == ()
    assert report.passed == sum(len(case["expect"]) for case in cases("own.yaml"))


def case(**given: Any) -> dict[str, Any]:
    return copy.deepcopy(cases("own.yaml")[0]) | given


def test_what_is_not_as_expected_is_told_in_one_line() -> None:
    expect = [{"as_of": "2026-06-01T12:00:00Z", "freshness": "fresh", "artifact": "eu-1", "reason": ""}]
    report = vectors.run([case(expect=expect)], qualifies)
    assert (report.passed, report.failed) == (0, 1)
    (message,) = report.messages
    assert message == (
        "every region must be fresh, the oldest of their newest decides, as of 2026-06-01T12:00:00Z: "
        "freshness is 'missing', expected 'fresh'; artifact is '', expected 'eu-1'; "
        "reason is 'region us-east-1 never read', expected ''"
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"timezone": "Europe/Atlantis"}, "Atlantis"),
        ({"scope": None, "requirement": {}}, "'cadence' is missing"),
        ({"requirement": None}, "subscriptable"),
        ({"artifacts": [{"id": "a", "outcome": "lost", "collected_at": "2026-06-01T00:00:00Z"}]}, "'lost'"),
        ({"artifacts": [{"id": "a", "outcome": "partial", "collected_at": "2026-06-01T00:00:00"}]}, "has no time zone"),
        ({"artifacts": [{"id": "a", "outcome": "partial", "collected_at": "yesterday"}]}, "yesterday"),
        ({"expect": [{"freshness": "fresh"}]}, "'as_of' is missing"),
        ({"expect": [{"as_of": "2026-06-01T00:00:00Z", "colour": "red"}]}, "'colour' cannot be expected here"),
        ({"expect": [{"as_of": "2027-01-01T00:00:00Z", "held": "fresh"}]}, "is over at 2027-01-01"),
    ],
)
def test_a_case_that_cannot_be_read_is_one_line_that_names_it(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as told:
        vectors.run([case(name="the wrong one", **given)], qualifies)
    assert "case 'the wrong one'" in told.value.line()
    assert "\n" not in told.value.line()


def test_a_schedule_in_months_and_a_case_that_is_no_mapping_are_refused() -> None:
    wrong = case()
    wrong["requirement"]["schedule"] = {"every": "P1M"}
    with pytest.raises(ConfigurationError, match="P1M has no fixed interval"):
        vectors.run([wrong], qualifies)
    with pytest.raises(ConfigurationError, match="number 1"):
        vectors.run(["text"], qualifies)  # type: ignore[list-item]  # what a careless file holds
