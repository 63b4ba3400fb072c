from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.durations import duration, span, written


@pytest.mark.parametrize(
    ("text", "months", "exact"),
    [
        ("P1D", 0, timedelta(days=1)),
        ("P2W", 0, timedelta(days=14)),
        ("P3M", 3, timedelta()),
        ("P1Y6M", 18, timedelta()),
        ("PT90M", 0, timedelta(minutes=90)),
        ("P1DT12H30M5S", 0, timedelta(days=1, hours=12, minutes=30, seconds=5)),
        ("P1M1D", 1, timedelta(days=1)),
    ],
)
def test_durations_are_read(text: str, months: int, exact: timedelta) -> None:
    found = duration(text)
    assert (found.months, found.exact, found.text) == (months, exact, text)


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "P1", "1D", "P1H", "PT1D", "P-1D", "p1d", "P1DT", "P1.5D", "P\u0663D", "P1D "]
)
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not an ISO 8601 duration"):
        duration(text)


@pytest.mark.parametrize("text", ["P0D", "PT0S", "P0M"])
def test_no_time_at_all_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no time at all"):
        duration(text)


def test_a_span_has_a_fixed_length() -> None:
    assert span("P1W") == timedelta(days=7)
    with pytest.raises(ValueError, match="months or years"):
        span("P1M")


@given(st.integers(1, 10**9))
def test_a_written_duration_is_read_as_the_same(seconds: int) -> None:
    assert span(written(timedelta(seconds=seconds))) == timedelta(seconds=seconds)
