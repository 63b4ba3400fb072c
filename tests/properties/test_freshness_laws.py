"""Laws of freshness: they hold for every world, not for chosen ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from agent import forecast, freshness
from agent.assess import history
from agent.calendar import local_date
from agent.model import WORST, Audit, Freshness, FreshnessAnswer, Outcome, Summary, Window
from tests.properties.worlds import EPOCH, HOURS, LAST, World, instants, laws, summaries, worlds

TICK = datetime.resolution


def assess(world: World, as_of: datetime) -> FreshnessAnswer:
    return freshness.assess(world.requirement, world.summaries, as_of, world.tz, world.expected, world.population)


def told(answer: FreshnessAnswer) -> FreshnessAnswer:
    return replace(answer, next_change=None)


@laws(400)
@given(worlds(), instants, st.lists(st.integers(0, HOURS * 60), max_size=30))
def test_an_answer_holds_until_the_instant_it_says_and_changes_exactly_then(
    world: World, as_of: datetime, probes: list[int]
) -> None:
    answer = assess(world, as_of)
    change = answer.next_change
    end = change or LAST + timedelta(days=400)
    assert end > as_of
    hours = [as_of + timedelta(hours=hour) for hour in range(0, HOURS, 7)]
    for probe in [*hours, *(as_of + timedelta(minutes=minutes) for minutes in probes), end - TICK]:
        if as_of <= probe < end:
            assert told(assess(world, probe)) == told(answer)
    if change is not None:
        assert told(assess(world, change)) != told(answer)


@laws(150)
@given(worlds())
def test_the_chain_of_changes_is_what_asking_every_hour_gives(world: World) -> None:
    chain = list(history(lambda instant: assess(world, instant), EPOCH, LAST))
    for hour in range(0, HOURS, 3):
        instant = EPOCH + timedelta(hours=hour)
        holding = [answer for since, answer in chain if since <= instant][-1]
        assert told(assess(world, instant)) == told(holding)


@laws(400)
@given(worlds(endings=False, max_ages=st.sampled_from(["P2D", "P10D", "P40D"])), summaries(99, endings=False), instants)
def test_one_more_accepted_artifact_never_makes_anything_staler(world: World, more: Summary, as_of: datetime) -> None:
    if not world.expected:  # nobody says which regions there are: then a new one is one more to keep fresh
        world = replace(world, summaries=tuple(replace(one, region="eu") for one in world.summaries))
        more = replace(more, region="eu")
    more = replace(more, outcome=Outcome.SUCCEEDED, voided_at=None)
    before, after = assess(world, as_of), assess(replace(world, summaries=(*world.summaries, more)), as_of)
    assert WORST[after.state] >= WORST[before.state]
    if before.stale_at is not None:
        assert after.stale_at is not None
        assert after.stale_at >= before.stale_at


@laws(200)
@given(worlds(), instants)
def test_the_forecast_for_now_is_now(world: World, as_of: datetime) -> None:
    audit = Audit(name="a", kind="internal", starts=as_of - timedelta(days=1), end=as_of, period=Window(EPOCH, as_of))
    answer = forecast.assess(
        world.requirement, world.summaries, as_of, world.tz, audit, (), world.expected, world.population
    )
    assert answer.held == answer.planned == assess(world, as_of).state


@laws(300)
@given(worlds(max_ages=st.sampled_from(["PT6H", "P1D", "P2D", "P10D", "P1M"])), instants,
       st.timedeltas(timedelta(), timedelta(days=40)), st.timedeltas(timedelta(), timedelta(days=20)))
def test_what_has_to_be_done_can_be_done_in_time_and_not_too_early(
    world: World, as_of: datetime, ahead: timedelta, lasts: timedelta
) -> None:
    starts = as_of + ahead
    audit = Audit(name="a", kind="internal", starts=starts, end=starts + lasts, period=Window(EPOCH, starts))
    answer = forecast.assess(
        world.requirement, world.summaries, as_of, world.tz, audit, (), world.expected, world.population
    )
    wrong = answer.planned in (Freshness.MISSING, Freshness.STALE)
    assert bool(answer.actions) == wrong  # no coverage is given, so nothing else can ask for one
    for action in answer.actions:
        assert action.by is not None
        assert action.not_before is not None
        assert action.not_before <= action.by <= audit.end
        assert local_date(action.by, world.tz) >= local_date(as_of, world.tz) or as_of == audit.end


@laws(150)
@given(worlds(), instants, st.randoms())
def test_the_order_of_the_artifacts_does_not_matter(world: World, as_of: datetime, random: Random) -> None:
    shuffled = list(world.summaries)
    random.shuffle(shuffled)
    assert assess(replace(world, summaries=tuple(shuffled)), as_of) == assess(world, as_of)


@laws(150)
@given(worlds(), instants, summaries(99))
def test_what_is_recorded_later_or_never_accepted_changes_no_past_answer(
    world: World, as_of: datetime, more: Summary
) -> None:
    later = replace(more, recorded_at=as_of + timedelta(microseconds=1), voided_at=None)
    failed = replace(more, outcome=Outcome.FAILED, artifact="98")
    grown = replace(world, summaries=(*world.summaries, later, failed))
    assert told(assess(grown, as_of)) == told(assess(world, as_of))
