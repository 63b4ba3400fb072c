from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from agent import coverage, forecast
from agent.model import Action, Audit, ForecastAnswer, Requirement, Schedule, Subjects, Summary, Window
from tests.rules.build import DAY, MINUTE, at, audit, expected, requirement, summary, window

UTC = ZoneInfo("UTC")
DAILY = Schedule(every=DAY)
BROKEN = Schedule(every=DAY, healthy=False)
TESTING = Schedule(every=30 * DAY, performs=True)


def assess(required: Requirement, summaries: list[Summary], as_of: str, **given: Any) -> ForecastAnswer:
    schedules = given.pop("schedules", ())
    return forecast.assess(required, summaries, at(as_of), UTC, given.pop("audit", audit()), schedules, **given)


def test_held_is_judged_at_the_end_of_the_last_day() -> None:
    one = [summary("2026-12-01")]
    assert assess(requirement("P9D"), one, "2026-12-02").held == "stale"  # stale at the very end, 10 December
    assert assess(requirement("P9DT1M"), one, "2026-12-02").held == "expiring"
    assert assess(requirement("P100D"), one, "2026-12-02").held == "fresh"


@pytest.mark.parametrize(("max_age", "by", "early"), [
    ("P2D", "2026-12-09", "2026-12-08"),  # done before an audit of three days it would be stale on the last
    ("P3D", "2026-12-09", "2026-12-07"),
    ("P3DT1M", "2026-12-06 23:59", "2026-12-06 23:59"),  # in the last minute of that day
    ("P4D", "2026-12-06", "2026-12-06"),
    ("PT12H", "2026-12-09 12:00", "2026-12-09 12:00"),
])
def test_the_last_day_is_not_before_the_first(max_age: str, by: str, early: str) -> None:
    (action,) = assess(requirement(max_age, kind="document"), [], "2026-06-01").actions
    assert (action.by, action.not_before) == (at(by), at(early))


def test_a_healthy_schedule_goes_on() -> None:
    answer = assess(requirement("P2D"), [summary("2026-06-01")], "2026-06-02", schedules=[DAILY])
    assert (answer.held, answer.planned, answer.actions) == ("stale", "fresh", ())
    assert assess(requirement("P2D"), [], "2026-06-02", schedules=[DAILY]).planned == "fresh"


def test_a_schedule_slower_than_the_age_plans_no_freshness() -> None:
    monthly = Schedule(every=30 * DAY)
    assert assess(requirement("P30D"), [], "2026-06-02", schedules=[monthly]).planned == "stale"
    assert assess(requirement("P31D"), [], "2026-06-02", schedules=[monthly]).planned == "expiring"


@pytest.mark.parametrize(
    ("as_of", "planned"), [("2026-12-08 23:59", "fresh"), ("2026-12-09", "fresh"), ("2026-12-09 00:01", "missing")]
)
def test_a_schedule_counts_where_it_still_runs_before_the_end(as_of: str, planned: str) -> None:
    assert assess(requirement("P20D"), [], as_of, schedules=[DAILY]).planned == planned


def test_the_more_frequent_of_two_schedules_is_planned() -> None:
    both = [Schedule(every=30 * DAY), DAILY]
    assert assess(requirement("P20D"), [], "2026-06-01", schedules=both).planned == "fresh"


def test_planned_is_never_worse_than_held() -> None:
    slow = [Schedule(every=8 * DAY)]
    answer = assess(
        requirement("P10D"), [summary("2026-12-09")], "2026-12-09", audit=audit(end="2026-12-18"), schedules=slow
    )
    assert (answer.held, answer.planned) == ("expiring", "expiring")


@pytest.mark.parametrize(
    ("basis", "kind", "schedule", "planned"),
    [
        ("occurred", "access_review", DAILY, "missing"),  # people review
        ("occurred", "backup_test", TESTING, "fresh"),  # the agent restores
        ("collected", "configuration", DAILY, "fresh"),
        ("collected", "document", DAILY, "missing"),  # people write
    ],
)
def test_what_depends_on_people_is_not_assumed(basis: str, kind: str, schedule: Schedule, planned: str) -> None:
    required = requirement("P100D", basis=basis, kind=kind)
    assert assess(required, [], "2026-06-01", schedules=[schedule]).planned == planned


def test_a_broken_schedule_plans_nothing_and_is_to_be_repaired() -> None:
    answer = assess(requirement("P2D"), [], "2026-06-01", schedules=[BROKEN])
    assert (answer.held, answer.planned, answer.repair) == ("missing", "missing", True)
    assert answer.actions == (
        Action(kind="repair", why="repair the collector: its last due run was not accepted", by=at("2026-12-06")),
    )


def test_who_has_to_act_by_when_and_not_before_when() -> None:
    answer = assess(requirement("P100D", basis="occurred"), [], "2026-06-01")
    assert (answer.by, answer.not_before, answer.repair) == (at("2026-12-06"), at("2026-09-01"), False)
    assert answer.why == "missing on audit day: never collected"
    stale = assess(requirement("P10D"), [summary("2026-06-01")], "2026-06-02")
    assert (stale.why, stale.not_before) == ("stale on audit day", at("2026-11-30"))


@pytest.mark.parametrize(
    ("as_of", "by"),
    [("2026-12-06 23:59", "2026-12-06"), ("2026-12-07", "2026-12-09"), ("2026-12-07 00:01", "2026-12-09")],
)
def test_once_the_audit_has_begun_its_last_day_is_the_last(as_of: str, by: str) -> None:
    assert assess(requirement(), [], as_of).by == at(by)


def test_the_last_day_is_a_local_one() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    local = Audit(
        name="a",
        kind="surveillance",
        starts=at("2026-12-06 23:00"),
        end=at("2026-12-09 23:00"),
        period=window("2025-11-30 23:00", "2026-12-06 23:00"),
    )
    answer = forecast.assess(requirement("P1M"), [], at("2026-06-01"), berlin, local)
    assert (answer.by, answer.not_before) == (at("2026-12-05 23:00"), at("2026-11-09 23:00"))


def test_what_is_not_known_yet_does_not_count() -> None:
    required = requirement("P400D")
    later = [summary("2026-06-05"), summary("2026-06-01", voided="2026-06-03")]
    assert assess(required, later, "2026-06-02").held == "fresh"  # nobody knows that it will be voided
    assert assess(required, later, "2026-06-03").held == "missing"
    assert assess(required, later[:1], "2026-06-04").held == "missing"
    assert assess(required, later[:1], "2026-06-05").held == "fresh"


def test_regions_are_those_in_force_when_it_is_asked() -> None:
    required = requirement("P400D")
    seen = [summary("2026-06-01", region="eu")]
    regions = [
        expected("eu", until="2026-09-01"),
        expected("us", since="2026-07-01"),
        expected("ap", until="2026-06-02"),
    ]
    assert assess(required, seen, "2026-06-02", expected=regions).held == "fresh"
    assert assess(required, seen, "2026-07-01", expected=regions).held == "missing"
    assert assess(required, seen, "2026-06-01", expected=regions).held == "missing"


def test_a_region_not_in_force_is_known_and_not_owed() -> None:
    seen = [summary("2026-06-01", region="eu")]
    assert (
        assess(requirement("P400D"), seen, "2026-06-01", expected=[expected("eu", since="2026-07-01")]).held
        == "missing"
    )


def test_subjects_are_asked_for_one_by_one() -> None:
    subjects = Subjects(kind="asset", where="true", column="resource")
    required = requirement("P400D", basis="occurred", subjects=subjects)
    seen = [summary("2026-06-01", by_subject={"a": ("2026-05-01",)})]
    assert assess(required, seen, "2026-06-01", population=("a",)).held == "fresh"
    assert assess(required, seen, "2026-06-01", population=("a", "b")).held == "missing"


def test_a_forecast_for_an_audit_that_is_over_is_refused() -> None:
    assert assess(requirement(), [], "2026-12-10").held == "missing"
    with pytest.raises(
        ValueError, match=r"the audit 'a' is over at 2026-12-10T00:01:00\+00:00: ask what was fresh then"
    ):
        assess(requirement(), [], "2026-12-10 00:01")


def quarters(as_of: str, summaries: list[Summary], **given: Any) -> ForecastAnswer:
    required = requirement("P400D", "P3M", coverage="each_period", basis=given.pop("basis", "occurred"))
    period = audit().period
    observed = given.pop("observed_from", None)
    covered = coverage.assess(required, summaries, at(as_of), UTC, period, observed)
    return assess(required, summaries, as_of, coverage=covered, **given)


def test_gaps_and_due_periods_need_a_person_the_last_chance_first() -> None:
    seen = [summary("2026-02-01", instants=("2026-01-20",))]
    answer = quarters("2026-05-01", seen)
    assert answer.actions == (
        Action(
            kind="do",
            why="last chance: nothing yet from 2026-04-01 to 2026-06-30",
            by=at("2026-06-30"),
            not_before=at("2026-04-01"),
            period=window("2026-04-01", "2026-07-01"),
        ),
        Action(
            kind="explain",
            why="no evidence from 2025-10-01 to 2025-12-31; it cannot be repaired any more",
            period=window("2025-10-01", "2026-01-01"),
        ),
    )
    assert (answer.by, answer.not_before) == (at("2026-06-30"), at("2026-04-01"))


def test_what_was_not_observed_can_be_imported() -> None:
    seen = [summary("2026-02-01", instants=("2026-01-20",))]
    answer = quarters("2026-02-01", seen, observed_from=at("2026-01-02"))
    assert [(one.kind, one.why, one.by) for one in answer.actions] == [
        ("do", "not observed from 2025-10-01 to 2025-12-31: import what there is", None)
    ]


def test_a_schedule_that_will_run_in_time_needs_nobody() -> None:
    seen = [summary("2025-12-01"), summary("2026-02-01")]
    for schedule, kinds in ((DAILY, []), (BROKEN, ["repair"]), (Schedule(every=62 * DAY), ["do"])):
        answer = quarters("2026-05-01", seen, basis="collected", schedules=[schedule])
        assert [one.kind for one in answer.actions] == kinds
    repair = quarters("2026-05-01", seen, basis="collected", schedules=[BROKEN]).actions[0]
    assert (repair.why, repair.by, repair.period) == (
        "repair the collector: nothing yet from 2026-04-01 to 2026-06-30",
        at("2026-06-30"),
        window("2026-04-01", "2026-07-01"),
    )


def days(as_of: str, seen: list[Summary], schedule: Schedule | None, kind: str = "backup") -> ForecastAnswer:
    required = requirement("P400D", "P1D", coverage="each_period", basis="occurred", kind=kind)
    covered = coverage.assess(required, seen, at(as_of), UTC, audit().period)
    return assess(required, seen, as_of, coverage=covered, schedules=[schedule] if schedule else [])


@pytest.mark.parametrize(
    ("schedule", "kind", "kinds"),
    [
        (DAILY, "backup", []),  # what ran by night is read by day
        (BROKEN, "backup", ["repair"]),
        (None, "backup", ["do"]),
        (DAILY, "document", ["do"]),  # nothing reads it
    ],
)
def test_in_the_morning_of_a_day_nobody_is_told_of_its_last_chance(
    schedule: Schedule | None, kind: str, kinds: list[str]
) -> None:
    seen = [summary("2026-06-01", instants=("2026-05-31 02:00",))]
    of_today = [one for one in days("2026-06-01 00:13", seen, schedule, kind).actions if one.by]
    assert [one.kind for one in of_today if one.by == at("2026-06-01")] == kinds
    assert all("nothing yet on 2026-06-01" in one.why for one in of_today if one.by == at("2026-06-01"))


def test_lost_days_in_a_row_are_one_action() -> None:
    seen = [summary("2026-06-01", instants=("2026-03-10 02:00", "2026-05-31 02:00"))]
    lost = [one for one in days("2026-06-01 00:13", seen, DAILY).actions if one.kind == "explain"]
    assert [(one.period, one.periods) for one in lost] == [
        (window("2025-12-01", "2026-03-10"), 99), (window("2026-03-11", "2026-05-31"), 81),
    ]
    assert lost[1].why == "no evidence from 2026-03-11 to 2026-05-30; it cannot be repaired any more"


@pytest.mark.parametrize(("every", "actions"), [(61 * DAY - MINUTE, 0), (61 * DAY, 0), (61 * DAY + MINUTE, 1)])
def test_in_time_is_before_the_period_ends(every: Any, actions: int) -> None:
    seen = [summary("2025-12-01"), summary("2026-02-01")]
    answer = quarters("2026-05-01", seen, basis="collected", schedules=[Schedule(every=every)])
    assert len(answer.actions) == actions


def test_holes_in_logs_are_to_be_explained() -> None:
    required = requirement("P400D", coverage="continuous")
    seen = [
        summary("2026-01-10", window=("2025-12-01", "2026-01-10")),
        summary("2026-02-01", window=("2026-01-12 06:00", "2026-02-01")),
    ]
    covered = coverage.assess(required, seen, at("2026-02-01"), UTC, audit().period)
    answer = assess(required, seen, "2026-02-01", coverage=covered)
    hole = Window(at("2026-01-10"), at("2026-01-12 06:00"))
    assert answer.actions == (Action(kind="explain", why="no evidence from 2026-01-10 to 2026-01-12", period=hole),)
