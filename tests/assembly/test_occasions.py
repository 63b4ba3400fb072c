"""When the calendar calls: the last chances of long and short periods, and what never had evidence."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from agent.alerts import never, occasions, told_from
from agent.alerts.never import GRACE
from agent.evidence.report import Holding
from agent.model import (
    Conclusion,
    Coverage,
    CoverageAnswer,
    Freshness,
    FreshnessAnswer,
    Period,
    PeriodState,
)
from agent.model.conclusions import ConclusionAnswer
from tests.rules.build import requirement

DAY, TICK = timedelta(days=1), timedelta.resolution
JUNE = datetime(2026, 6, 1, tzinfo=UTC)


def holding(*due: Period, owner: str = "backup-owner", state: Freshness = Freshness.MISSING, name: str = "r") -> Holding:
    return Holding(
        requirement=replace(requirement(), id=name, owner=owner), scope="prod", boundary="1",
        freshness=FreshnessAnswer(state=state, reason="never collected"),
        coverage=CoverageAnswer(state=Coverage.DUE, periods=due, last_chance=due),
        conclusion=ConclusionAnswer(state=Conclusion.UNKNOWN),
    )


def told(length: timedelta, before_end: timedelta) -> list[str]:
    period = Period(JUNE, JUNE + length, PeriodState.DUE)
    found = occasions([holding(period)], [], [], [], period.end - before_end)
    return [one.key.rsplit("/", 1)[1] for one in found]


@pytest.mark.parametrize(("length", "days"), [
    (1, []), (7, [2]), (28, [7, 2]), (31, [7, 2]), (90, [30, 14, 7, 2]), (92, [30, 14, 7, 2]), (365, [30, 14, 7, 2]),
])
def test_a_last_chance_is_told_by_the_length_of_its_period(length: int, days: list[int]) -> None:
    whole = length * DAY
    assert told(whole, whole) == (["2"] if length == 2 else [])
    for place, left in enumerate(days):
        before = [str(days[place - 1])] if place else []
        assert told(whole, left * DAY + TICK) == before
        assert told(whole, left * DAY) == told(whole, left * DAY - TICK) == [str(left)]
    assert told(whole, TICK) == ([str(days[-1])] if days else [])
    assert told(whole, timedelta()) == []


def test_no_boundary_of_a_daily_requirement_calls_every_day() -> None:
    hours = [told(DAY, timedelta(hours=hour)) for hour in range(25)]
    assert hours == [[]] * 25


NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def test_what_never_had_evidence_is_told_a_week_after_the_day_it_was_first_asked_for() -> None:
    assert told_from(NOON) == datetime(2026, 11, 10, tzinfo=UTC) == told_from(NOON + timedelta(hours=11, minutes=59))
    asked = {("r", "prod", "1"): NOON}
    assert list(never([holding()], asked, told_from(NOON) - TICK)) == []
    (one,) = never([holding()], asked, told_from(NOON))
    assert one.title == "A requirement: missing, no evidence since asked for on 2026-11-02 · prod"
    assert one.lines == ("A requirement (r) in 1: never collected",)
    (again,) = never([holding()], asked, told_from(NOON) + 90 * DAY)
    assert again.key == one.key, "once, whenever it is looked at"
    assert list(never([holding(state=Freshness.FRESH)], asked, told_from(NOON))) == []
    assert list(never([holding()], {}, told_from(NOON))) == [], "what was there before is told by its flip"


def test_many_are_one_line_for_each_owner() -> None:
    held = [holding(name=f"r{number}", owner=("hr", "ciso")[number % 2]) for number in range(93)]
    asked = {(one.requirement.id, one.scope, one.boundary): NOON + timedelta(minutes=number)
             for number, one in enumerate(held)}
    found = list(never(held, asked, NOON + GRACE + DAY))
    assert {one.title: len(one.lines) for one in found} == {
        "47 requirements of hr: missing, no evidence since asked for on 2026-11-02 · prod": 47,
        "46 requirements of ciso: missing, no evidence since asked for on 2026-11-02 · prod": 46,
    }
    assert {one.condition for one in found} == {"missing"}
