"""Windows tile exactly, whatever the watermark, the clock and the rule are."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from agent.collector import Windows
from agent.model import Window
from agent.run.windows import tile

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
RULE = Windows(settle=timedelta(minutes=15), longest=timedelta(days=1), reach=timedelta(days=90))
spans = st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=30))


def test_first_collection_reaches_back_as_far_as_the_source_keeps() -> None:
    tiling = tile(RULE, None, NOW)
    assert tiling.windows[0].start == NOW - timedelta(days=90)
    assert tiling.windows[-1].end == NOW - timedelta(minutes=15)
    assert tiling.lost is None
    assert len(tiling.windows) == 90


def test_the_next_window_begins_where_the_last_one_ended() -> None:
    watermark = NOW - timedelta(hours=3)
    assert tile(RULE, watermark, NOW).windows == (Window(watermark, NOW - timedelta(minutes=15)),)


def test_what_the_source_no_longer_keeps_is_named_as_lost() -> None:
    watermark = NOW - timedelta(days=100)
    tiling = tile(RULE, watermark, NOW)
    assert tiling.lost == Window(watermark, NOW - timedelta(days=90))
    assert tiling.windows[0].start == NOW - timedelta(days=90)


def test_a_clock_that_was_set_back_gives_no_window() -> None:
    assert tile(RULE, NOW + timedelta(hours=1), NOW).windows == ()
    assert tile(RULE, NOW - timedelta(minutes=15), NOW).windows == ()


backs = st.none() | st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=400))


@given(back=backs, settle=spans, longest=spans)
def test_windows_never_overlap_and_leave_no_hole(back: timedelta | None, settle: timedelta, longest: timedelta) -> None:
    rule = Windows(settle=settle, longest=max(longest, timedelta(hours=1)), reach=timedelta(days=90))
    watermark = None if back is None else NOW - back
    tiling = tile(rule, watermark, NOW)
    if not tiling.windows:
        assert (watermark or NOW - rule.reach) >= NOW - settle or NOW - rule.reach >= NOW - settle
        return
    begins = tiling.lost.end if tiling.lost else (watermark or NOW - rule.reach)
    assert tiling.windows[0].start == begins
    assert tiling.windows[-1].end == NOW - settle
    for one, next_one in zip(tiling.windows, tiling.windows[1:], strict=False):
        assert one.end == next_one.start
    assert all(timedelta(0) < w.end - w.start <= rule.longest for w in tiling.windows)
