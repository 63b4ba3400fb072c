from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from agent import coverage
from agent.model import Coverage, CoverageAnswer, PeriodState, Requirement, Subjects, Summary
from tests.rules.build import TICK, at, expected, requirement, summary, window

UTC = ZoneInfo("UTC")
YEAR = window("2026-01-15", "2026-05-15")
"""Owes January to April; May is optional."""


def monthly(**given: Any) -> Requirement:
    return requirement("P40D", "P1M", coverage="each_period", **given)


def assess(required: Requirement, summaries: list[Summary], as_of: str | datetime, **given: Any) -> CoverageAnswer:
    instant = at(as_of) if isinstance(as_of, str) else as_of
    return coverage.assess(required, summaries, instant, UTC, given.pop("period", YEAR), **given)


def states(answer: CoverageAnswer) -> list[str]:
    return [period.state.value for period in answer.periods]


def test_nothing_at_all() -> None:
    found = assess(monthly(), [], "2026-03-10")
    assert states(found) == ["gap", "gap", "due", "upcoming", "optional"]
    assert [(one.start, one.end) for one in found.periods[:2]] == [
        (at("2026-01-01"), at("2026-02-01")),
        (at("2026-02-01"), at("2026-03-01")),
    ]
    assert (found.state, found.next_change) == (Coverage.GAP, at("2026-04-01"))
    assert [(one.start, one.state) for one in found.last_chance] == [(at("2026-03-01"), PeriodState.DUE)]


def test_a_period_that_ends_with_the_audit_period_is_owed_and_the_next_is_not_shown() -> None:
    found = assess(monthly(), [], "2026-01-01", period=window("2026-01-31", "2026-03-01"))
    assert [(one.start, one.state) for one in found.periods] == [
        (at("2026-01-01"), "due"),
        (at("2026-02-01"), "upcoming"),
    ]


def test_a_period_that_ends_where_the_audit_period_begins_was_owed_before() -> None:
    found = assess(monthly(), [], "2026-01-01", period=window("2026-02-01", "2026-03-01"))
    assert [one.start for one in found.periods] == [at("2026-02-01")]


@pytest.mark.parametrize(
    ("collected", "expected_states"),
    [
        ("2026-01-31 23:59", ["covered", "due", "upcoming", "upcoming", "optional"]),
        ("2026-02-01", ["gap", "covered", "upcoming", "upcoming", "optional"]),
        ("2026-02-01 00:01", ["gap", "covered", "upcoming", "upcoming", "optional"]),
        ("2025-12-31 23:59", ["gap", "due", "upcoming", "upcoming", "optional"]),
        ("2026-01-01", ["covered", "due", "upcoming", "upcoming", "optional"]),
    ],
)
def test_evidence_a_minute_before_at_and_after_the_border_of_periods(
    collected: str, expected_states: list[str]
) -> None:
    assert states(assess(monthly(), [summary(collected)], "2026-02-02")) == expected_states


def test_a_period_becomes_a_gap_when_it_ends() -> None:
    one = [summary("2026-01-05")]
    before = assess(monthly(), one, at("2026-03-01") - TICK)
    assert (states(before)[:3], before.state, before.next_change) == (
        ["covered", "due", "upcoming"],
        Coverage.DUE,
        at("2026-03-01"),
    )
    after = assess(monthly(), one, "2026-03-01")
    assert (states(after)[:3], after.state) == (["covered", "gap", "due"], Coverage.GAP)


def test_all_covered_is_complete_and_stays_so() -> None:
    four = [summary(f"2026-0{month}-05") for month in (1, 2, 3, 4)]
    found = assess(monthly(), four, "2026-05-20")
    assert (states(found), found.state, found.next_change) == (
        ["covered", "covered", "covered", "covered", "optional"],
        Coverage.COMPLETE,
        None,
    )


def test_what_is_not_begun_lowers_nothing() -> None:
    found = assess(monthly(), [summary("2026-01-05")], "2026-01-06")
    assert (found.state, found.next_change, found.last_chance) == (Coverage.COMPLETE, at("2026-02-01"), ())


@pytest.mark.parametrize(
    ("connected", "first"),
    [("2026-01-31 23:59", "gap"), ("2026-02-01", "unobserved"), ("2026-02-01 00:01", "unobserved")],
)
def test_what_ended_before_the_scope_was_connected_is_unobserved(connected: str, first: str) -> None:
    found = assess(monthly(), [summary("2026-02-10")], "2026-02-15", observed_from=at(connected))
    assert states(found)[:2] == [first, "covered"]
    assert found.state == (Coverage.GAP if first == "gap" else Coverage.DUE)


def test_an_import_fills_what_was_unobserved() -> None:
    old = summary("2026-02-10", instants=("2026-01-20",))
    found = assess(monthly(basis="occurred"), [old], "2026-02-15", observed_from=at("2026-02-10"))
    assert states(found)[:2] == ["covered", "due"]


@pytest.mark.parametrize("source", ["typed", "uploaded"])
@pytest.mark.parametrize(
    ("when", "state"),
    [("2026-01-31 23:59", "covered"), ("2026-02-01", "covered_late"), ("2026-02-01 00:01", "covered_late")],
)
def test_what_a_person_adds_after_the_period_is_late(source: str, when: str, state: str) -> None:
    minutes = summary(when, source=source, instants=("2026-01-20",))
    assert states(assess(monthly(basis="occurred"), [minutes], "2026-02-15"))[0] == state


def test_a_providers_own_record_is_never_late_and_one_on_time_is_enough() -> None:
    required = monthly(basis="occurred")
    late = summary("2026-02-05", "late", source="typed", instants=("2026-01-20",))
    found = assess(required, [late, summary("2026-02-10", instants=("2026-01-21",))], "2026-02-05")
    assert (states(found)[0], found.state) == ("covered_late", Coverage.LATE)
    assert found.next_change == at("2026-02-10")
    on_time = [late, summary("2026-02-04", instants=("2026-01-21",))]
    assert states(assess(required, on_time, "2026-02-15"))[0] == "covered"


def test_an_event_counts_once_it_has_happened_and_its_artifact_is_recorded() -> None:
    required = monthly(basis="occurred")
    one = [summary("2026-02-05", recorded="2026-02-07", instants=("2026-02-01", "2026-02-20", "2026-03-03"))]
    assert assess(required, one, "2026-02-05").next_change == at("2026-02-07")
    assert states(assess(required, one, "2026-02-07"))[:3] == ["gap", "covered", "upcoming"]
    assert states(assess(required, one, "2026-03-02"))[2] == "due"
    assert assess(required, one, "2026-03-02").next_change == at("2026-03-03")


def test_a_voided_artifact_covers_until_it_is_voided() -> None:
    one = [summary("2026-01-05", voided="2026-02-07")]
    before = assess(monthly(), one, at("2026-02-07") - TICK)
    assert (states(before)[0], before.next_change) == ("covered", at("2026-02-07"))
    assert states(assess(monthly(), one, "2026-02-07"))[0] == "gap"


def test_every_region_in_force_at_the_end_of_a_period_owes_it() -> None:
    regions = [expected("eu"), expected("us", since="2026-02-10"), expected("ap", until="2026-01-20")]
    seen = [summary(f"2026-0{month}-05", region="eu") for month in (1, 2, 3)]
    found = assess(monthly(), seen, "2026-03-06", expected=regions)
    assert states(found)[:3] == ["covered", "gap", "due"]
    assert found.next_change == at("2026-04-01")
    assert states(assess(monthly(), seen, "2026-02-09", expected=regions))[1] == "covered"
    assert assess(monthly(), seen, "2026-02-09", expected=regions).next_change == at("2026-02-10")


def test_a_region_that_comes_into_force_with_the_end_of_a_period_does_not_owe_it() -> None:
    regions = [expected("eu"), expected("us", since="2026-02-01")]
    found = assess(monthly(), [summary("2026-01-05", region="eu")], "2026-02-02", expected=regions)
    assert states(found)[:2] == ["covered", "due"]


def test_regions_that_nobody_expects_owe_what_they_were_seen_in() -> None:
    seen = [summary("2026-01-05", region="eu"), summary("2026-02-05", region="us")]
    assert states(assess(monthly(), seen, "2026-02-04"))[0] == "covered"
    assert assess(monthly(), seen, "2026-02-04").next_change == at("2026-02-05")
    assert states(assess(monthly(), seen, "2026-02-05"))[:2] == ["gap", "due"]


def test_one_region_is_enough_for_events() -> None:
    seen = [summary("2026-01-05", region="eu", instants=("2026-01-03",))]
    regions = [expected("eu"), expected("us")]
    assert states(assess(monthly(basis="occurred"), seen, "2026-01-06", expected=regions))[0] == "covered"


def test_either_collector_covers_a_period() -> None:
    required = monthly(collectors=("a.one", "b.two"))
    seen = [summary("2026-01-05"), summary("2026-02-05", collector="b.two")]
    assert states(assess(required, seen, "2026-02-06"))[:2] == ["covered", "covered"]
    assert states(assess(monthly(), seen, "2026-02-06"))[:2] == ["covered", "due"]


@pytest.mark.parametrize(
    ("share", "state"), [(Fraction(1), "gap"), (Fraction(1, 2), "covered_late"), (Fraction(1, 3), "covered")]
)
def test_a_period_is_covered_when_the_share_of_subjects_is(share: Fraction, state: str) -> None:
    subjects = Subjects(kind="asset", where="true", column="resource", share=share)
    required = monthly(basis="occurred", subjects=subjects)
    seen = [
        summary("2026-01-20", by_subject={"a": ("2026-01-02", "2026-01-03"), "z": ("2026-01-04",)}),
        summary("2026-02-20", source="typed", by_subject={"b": ("2026-01-02",)}),
    ]
    assert states(assess(required, seen, "2026-02-21", population=("a", "b", "c")))[0] == state


def test_subjects_of_what_is_collected_are_dated_by_the_collection() -> None:
    required = monthly(subjects=Subjects(kind="asset", where="true", column="resource"))
    seen = [summary("2026-02-02", by_subject={"a": ("2026-01-02",)})]
    assert states(assess(required, seen, "2026-02-21", population=("a",)))[:2] == ["gap", "covered"]


def test_with_no_subject_known_nothing_is_covered() -> None:
    required = monthly(subjects=Subjects(kind="asset", where="true", column="resource"))
    assert states(assess(required, [summary("2026-01-02")], "2026-02-21"))[0] == "gap"


def test_latest_owes_no_period() -> None:
    assert assess(requirement(), [], "2026-03-01") == CoverageAnswer(state=Coverage.COMPLETE)


def test_evidence_outside_of_all_periods_covers_none() -> None:
    period = window("2026-01-31", "2026-03-01")  # January and February
    for outside in ("2025-12-31", "2026-03-01", "2026-03-02"):
        assert states(assess(monthly(), [summary(outside)], "2026-03-05", period=period)) == ["gap", "gap"]
    both = [summary("2026-03-01", instants=("2025-11-01", "2026-01-10"))]
    assert states(assess(monthly(basis="occurred"), both, "2026-03-05", period=period)) == ["covered", "gap"]


def test_a_collector_with_no_region_in_force_does_not_count() -> None:
    required = monthly(collectors=("a.one", "b.two"))
    seen = [summary("2026-01-05", region="eu"), summary("2026-01-06", collector="b.two")]
    regions = [expected("eu", since="2026-03-01")]
    for order in (seen, seen[::-1]):
        assert states(assess(required, order, "2026-02-02", expected=regions))[0] == "covered"
    assert states(assess(required, seen[:1], "2026-02-02", expected=regions))[0] == "gap"


def test_what_could_not_be_read_may_fill_a_period_and_may_not_be_called_lost() -> None:
    first = [summary("2026-01-05"), summary("2026-02-05")]
    answer = coverage.unread(assess(monthly(), first[:1], "2026-03-10"))
    assert states(answer) == ["covered", "unobserved", "due", "upcoming", "optional"]
    assert (answer.state, answer.owed) == (Coverage.DUE, 3)
    late = coverage.unread(assess(monthly(), [summary("2026-02-05", source="typed")], "2026-03-10"))
    assert late.state is Coverage.DUE
    whole = assess(monthly(), [*first, summary("2026-03-05")], "2026-03-10")
    assert coverage.unread(whole) == whole
    assert whole.state is Coverage.COMPLETE, "what others fill is filled"


def test_logs_that_could_not_be_read_may_have_been_silent_and_windows_are_known_all_the_same() -> None:
    logs = requirement("P1D", coverage="continuous", kind="log_event")
    nothing = assess(logs, [], "2026-01-15")
    assert coverage.unread(nothing) == nothing, "nothing was owed yet"
    period = window("2026-01-01", "2026-03-01")
    whole = coverage.unread(assess(logs, [summary("2026-02-01", window=("2026-01-01", "2026-02-01"))], "2026-02-01", period=period))
    assert (whole.state, whole.gaps) == (Coverage.DUE, ())
    hole = coverage.unread(assess(logs, [summary("2026-02-01", window=("2026-01-10", "2026-02-01"))], "2026-02-01", period=period))
    assert (hole.state, len(hole.gaps)) == (Coverage.GAP, 1)
    latest = assess(requirement(), [], "2026-02-01")
    assert coverage.unread(latest) == latest
