"""Laws of coverage, against what a reader of the design would write down by hand, hour by hour."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from agent import coverage
from agent.model import Coverage, CoverageAnswer, Outcome, PeriodState, Summary, Window
from tests.properties.worlds import EPOCH, HOURS, LAST, World, instants, laws, summaries, worlds

TICK, HOUR = datetime.resolution, timedelta(hours=1)
PERIOD = Window(EPOCH + timedelta(days=10), EPOCH + timedelta(days=80))
COVERED = {PeriodState.COVERED, PeriodState.COVERED_LATE}


def assess(world: World, as_of: datetime, enabled: list[Window] | None = None) -> CoverageAnswer:
    return coverage.assess(
        world.requirement, world.summaries, as_of, world.tz, PERIOD, None, world.expected, world.population, enabled
    )


def counted(world: World, as_of: datetime) -> list[Summary]:
    """The accepted artifacts, as design section 5 says it."""
    outcomes = [Outcome.SUCCEEDED, *([Outcome.PARTIAL] if world.requirement.partial_allowed else [])]
    return [
        one
        for one in world.summaries
        if one.outcome in outcomes
        and one.recorded_at <= as_of
        and (one.voided_at is None or one.voided_at > as_of)
        and (one.collector in world.requirement.collectors or one.source != "provider")
    ]


def frozen(world: World, as_of: datetime) -> World:
    """The world in which nothing happens any more after the instant."""
    known = [replace(one, voided_at=None) for one in world.summaries if one in counted(world, as_of)]
    regions = [
        replace(one, until=None if one.until and one.until > as_of else one.until)
        for one in world.expected
        if one.since <= as_of
    ]
    return replace(world, summaries=tuple(known), expected=tuple(regions))


def shape(world: World, as_of: datetime) -> object:
    """An answer without the end of a hole that is still growing: of its own accord it would end a moment later."""
    answer, later = assess(world, as_of), assess(frozen(world, as_of), as_of + TICK)
    growing = {gap.start for gap in later.gaps if gap.end == as_of + TICK}
    gaps = [(gap.start, None if gap.start in growing and gap.end == as_of else gap.end) for gap in answer.gaps]
    return answer.state, answer.owed, answer.periods, answer.last_chance, gaps


@laws(300)
@given(worlds("each_period"), instants)
def test_a_period_is_covered_exactly_when_an_evidence_time_lies_in_it(world: World, as_of: datetime) -> None:
    plain = replace(world, requirement=replace(world.requirement, subjects=None), expected=())
    one_region = [replace(one, region="eu") for one in plain.summaries]
    plain = replace(plain, summaries=tuple(one_region))
    occurred = plain.requirement.basis == "occurred"
    times = [
        time
        for one in counted(plain, as_of)
        for time in (one.instants if occurred else (one.collected_at,))
        if time <= as_of
    ]
    for period in assess(plain, as_of).periods:
        if period.end <= PERIOD.end:
            assert (period.state in COVERED) == any(period.start <= time < period.end for time in times)


@laws(300)
@given(st.sampled_from(["each_period", "continuous"]).flatmap(worlds), instants, st.lists(instants, max_size=20))
def test_an_answer_holds_until_the_instant_it_says_and_changes_exactly_then(
    world: World, as_of: datetime, probes: list[datetime]
) -> None:
    now, change = shape(world, as_of), assess(world, as_of).next_change
    end = change or LAST + timedelta(days=200)
    assert end > as_of
    hours = [as_of + timedelta(hours=hour) for hour in range(0, HOURS, 11)]
    for probe in [*hours, *probes, *(when + TICK for when in probes), end - TICK]:
        if as_of <= probe < end:
            assert shape(world, probe) == now
    if change is not None:
        assert shape(world, change) != now


@laws(300)
@given(worlds("continuous"), instants, st.lists(st.tuples(instants, instants), max_size=3), st.booleans())
def test_an_hour_is_in_a_gap_exactly_when_no_window_covers_it(
    world: World, as_of: datetime, spans: list[tuple[datetime, datetime]], asked: bool
) -> None:
    plain = replace(world.requirement, tolerance=timedelta(), max_silence=None)
    world = replace(world, requirement=plain, expected=())
    enabled = [Window(start, end) for start, end in spans] if asked else None
    gaps = assess(world, as_of, enabled).gaps
    windows = {
        region: [one.window for one in counted(world, as_of) if one.window and one.region == region]
        for region in {one.region for one in counted(world, as_of)} or {""}
    }
    tails = [max((one.end for one in found), default=PERIOD.start) for found in windows.values()]
    end = min(as_of, PERIOD.end)
    hour = PERIOD.start
    while hour < end and (as_of >= PERIOD.end or (enabled is None and hour < min(tails))):
        on = enabled is None or any(span.start <= hour < span.end for span in enabled)
        read = all(any(one.start <= hour < one.end for one in found) for found in windows.values())
        assert any(gap.start <= hour < gap.end for gap in gaps) != (on and read)
        hour += HOUR


@laws(200)
@given(st.sampled_from(["each_period", "continuous"]).flatmap(worlds), instants, summaries(99))
def test_one_more_accepted_artifact_opens_no_gap(world: World, as_of: datetime, more: Summary) -> None:
    if not world.expected:
        world = replace(world, summaries=tuple(replace(one, region="eu") for one in world.summaries))
        more = replace(more, region="eu")
    # an open tail is not yet a hole; what closes it in the middle leaves a hole before itself
    world = replace(world, requirement=replace(world.requirement, max_silence=None))
    more = replace(more, outcome=Outcome.SUCCEEDED, voided_at=None)
    before, after = assess(world, as_of), assess(replace(world, summaries=(*world.summaries, more)), as_of)
    for old, new in zip(before.periods, after.periods, strict=True):
        assert old.state not in COVERED or new.state in COVERED
    if as_of >= PERIOD.end and not world.requirement.tolerance:
        assert sum((one.end - one.start for one in after.gaps), timedelta()) <= sum(
            (one.end - one.start for one in before.gaps), timedelta()
        )


@laws(100)
@given(worlds("latest"), instants)
def test_latest_asks_for_no_period(world: World, as_of: datetime) -> None:
    assert assess(world, as_of) == CoverageAnswer(state=Coverage.COMPLETE)
