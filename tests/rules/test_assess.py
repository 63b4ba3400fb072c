from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from agent import assess, freshness
from agent.assess import Change, ControlStanding, Standing
from agent.model import Axis, Conclusion, Coverage, Freshness, FreshnessAnswer
from tests.rules.build import at, requirement, summary

GOOD = Standing(freshness=Freshness.FRESH, coverage=Coverage.COMPLETE, conclusion=Conclusion.NO_EXCEPTIONS, owed=4)
OLD = Standing(freshness=Freshness.STALE, coverage=Coverage.DUE, conclusion=Conclusion.UNKNOWN, owed=1)
HOLE = Standing(freshness=Freshness.EXPIRING, coverage=Coverage.GAP, conclusion=Conclusion.NO_EXCEPTIONS, owed=2)
BROKEN = Standing(freshness=Freshness.FRESH, coverage=Coverage.LATE, conclusion=Conclusion.DEFICIENT, owed=8)
NEWEST = replace(GOOD, owed=0)


def test_a_control_takes_the_worst_of_each_axis() -> None:
    assert assess.control([GOOD, OLD, HOLE, BROKEN]) == ControlStanding(
        freshness=Freshness.STALE, coverage=Coverage.GAP, conclusion=Conclusion.DEFICIENT, owed=15
    )
    assert assess.control([GOOD]) == ControlStanding(
        freshness=Freshness.FRESH, coverage=Coverage.COMPLETE, conclusion=Conclusion.NO_EXCEPTIONS, owed=4
    )


def test_the_forecast_is_the_worst_where_there_is_one() -> None:
    ahead = [
        Standing(
            freshness=Freshness.FRESH,
            coverage=Coverage.COMPLETE,
            conclusion=Conclusion.UNKNOWN,
            owed=4,
            held=held,
            planned=planned,
        )
        for held, planned in ((Freshness.STALE, Freshness.FRESH), (Freshness.FRESH, Freshness.EXPIRING))
    ]
    found = assess.control([*ahead, GOOD])
    assert (found.held, found.planned) == (Freshness.STALE, Freshness.EXPIRING)


def test_a_control_with_no_primary_requirement_is_unassigned_and_an_excluded_one_not_applicable() -> None:
    assert assess.control([]) == ControlStanding(unassigned=True)
    assert assess.control([OLD], applicable=False) == ControlStanding(not_applicable=True)
    assert assess.control([], applicable=False) == ControlStanding(not_applicable=True)


def excepted(one: Standing) -> Standing:
    return replace(one, excepted=True)


def test_a_control_is_excepted_only_if_all_that_is_wrong_in_it_is_and_still_shows() -> None:
    assert assess.control([GOOD, excepted(OLD), excepted(HOLE), excepted(BROKEN)]) == ControlStanding(
        freshness=Freshness.STALE, coverage=Coverage.GAP, conclusion=Conclusion.DEFICIENT, owed=15, excepted=True
    )
    for wrong in (OLD, HOLE, BROKEN):
        assert not assess.control([excepted(OLD), wrong]).excepted
    assert not assess.control([excepted(GOOD)]).excepted


def test_the_counts_of_each_axis_and_of_what_has_none() -> None:
    controls = [
        assess.control([GOOD]),
        assess.control([OLD]),
        assess.control([excepted(HOLE)]),
        assess.control([]),
        assess.control([], applicable=False),
        assess.control([], applicable=False),
    ]
    assert assess.summary(controls) == {
        "freshness": {"fresh": 1, "expiring": 1, "stale": 1, "missing": 0},
        "coverage": {"complete": 1, "due": 1, "late": 0, "gap": 1, "not_owed": 0},
        "conclusion": {"no_exceptions": 2, "unknown": 1, "deficient": 0},
        "unassigned": 1,
        "not_applicable": 2,
        "excepted": 1,
    }


def test_a_control_of_which_no_period_was_owed_is_not_counted_as_complete() -> None:
    alone, both = assess.control([NEWEST, NEWEST]), assess.control([NEWEST, GOOD])
    assert (alone.coverage, alone.owed, both.owed) == (Coverage.COMPLETE, 0, 4)
    assert assess.summary([alone, both, alone, assess.control([])])["coverage"] == {
        "complete": 1, "due": 0, "late": 0, "gap": 0, "not_owed": 2
    }


def test_a_change_for_each_axis_that_differs() -> None:
    when = at("2026-06-01")
    assert assess.changes(GOOD, OLD, when) == (
        Change(axis=Axis.FRESHNESS, before="fresh", after="stale", at=when),
        Change(axis=Axis.COVERAGE, before="complete", after="due", at=when),
        Change(axis=Axis.CONCLUSION, before="no_exceptions", after="unknown", at=when),
    )
    assert assess.changes(GOOD, GOOD, when) == ()
    assert [(one.axis, one.before, one.after) for one in assess.changes(None, GOOD, when)] == [
        ("freshness", None, "fresh"),
        ("coverage", None, "complete"),
        ("conclusion", None, "no_exceptions"),
    ]


def test_flips_have_the_instant_of_the_change_also_if_nobody_was_there() -> None:
    seen = [summary("2026-06-01"), summary("2026-06-20")]

    def answer_at(instant: datetime) -> FreshnessAnswer:
        return freshness.assess(requirement("P10D"), seen, instant, UTC)

    found = assess.flips(Axis.FRESHNESS, "missing", answer_at, at("2026-05-01"), at("2026-06-28 12:00"))
    assert [(one.before, one.after, one.at) for one in found] == [
        ("missing", "fresh", at("2026-06-01")),
        ("fresh", "expiring", at("2026-06-08 12:00")),
        ("expiring", "stale", at("2026-06-11")),
        ("stale", "fresh", at("2026-06-20")),
        ("fresh", "expiring", at("2026-06-27 12:00")),
    ]
    assert [
        one.before for one in assess.flips(Axis.FRESHNESS, None, answer_at, at("2026-06-05"), at("2026-06-06"))
    ] == [None]
    assert (
        assess.flips(
            Axis.FRESHNESS, "fresh", answer_at, at("2026-06-02"), at("2026-06-08 12:00") - timedelta(seconds=1)
        )
        == ()
    )
