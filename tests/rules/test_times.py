"""Instants kept in little are the same instants, and coverage asks for no more of them than it needs."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from agent import coverage, freshness
from agent.model import Duration, Outcome, Requirement, Summary, Times, Window

START = datetime(2025, 1, 1, tzinfo=UTC)
AT = datetime(2026, 1, 1, tzinfo=UTC)
moments = st.lists(
    st.datetimes(datetime(2024, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)), max_size=40  # noqa: DTZ001 hypothesis adds the zone
).map(sorted)


@given(moments)
def test_a_sequence_like_any_other(times: list[datetime]) -> None:
    kept = Times.of(times)
    assert kept == tuple(times)
    assert tuple(times) == tuple(kept)
    assert list(kept[1:3]) == times[1:3]
    assert [kept[index] for index in range(-len(times), len(times))] == [*times, *times]
    assert bisect_right(kept, AT) == bisect_right(times, AT)
    assert Times.of(kept) is kept
    assert hash(kept) == hash(tuple(times))


def test_another_zone_is_the_same_instant_and_nothing_else_is_equal() -> None:
    berlin = timezone(timedelta(hours=1))
    assert Times.of([datetime(2026, 1, 1, 1, tzinfo=berlin)]) == (AT,)
    assert Times.of([AT]) != (AT, AT)
    assert Times.of([AT]) != "2026"
    assert Times.of([AT]) != 1


@given(moments, st.integers(-400, 800), st.sampled_from([1, 3, 12]))
def test_the_answers_are_those_over_plain_tuples(times: list[datetime], days: int, months: int) -> None:
    rule = Requirement(
        id="r", title="", primary=(), kind="backup_test", basis="occurred", coverage="each_period",
        cadence=Duration(months), max_age=Duration(months),
    )
    now, period = AT + timedelta(days=days), Window(START, AT)
    given_ = [
        [Summary(artifact="a", collector="c", scope="s", outcome=Outcome.SUCCEEDED, collected_at=AT,
                 recorded_at=AT + timedelta(days=20), instants=instants)]
        for instants in (tuple(times), Times.of(times))
    ]
    plain, kept = (coverage.assess(rule, one, now, UTC, period) for one in given_)
    assert plain == kept
    covered = {span.start for span in plain.periods for time in times if span.start <= time < span.end}
    recorded = now >= AT + timedelta(days=20)
    for span in plain.periods:
        if span.end <= AT and recorded:
            assert (span.state == "covered") == (span.start in covered)
    plain_fresh, kept_fresh = (freshness.assess(rule, one, now, UTC) for one in given_)
    assert plain_fresh == kept_fresh
