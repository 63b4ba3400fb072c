from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from agent import freshness
from agent.model import Expected, Freshness, FreshnessAnswer, Outcome, Requirement, Subjects, Summary
from tests.rules.build import MINUTE, TICK, at, expected, requirement, summary

UTC = ZoneInfo("UTC")
DATABASES = Subjects(kind="asset", where="true", column="resource")


def assess(
    required: Requirement,
    summaries: list[Summary],
    as_of: str | datetime,
    regions: list[Expected] | None = None,
    population: tuple[str, ...] = (),
) -> FreshnessAnswer:
    instant = at(as_of) if isinstance(as_of, str) else as_of
    return freshness.assess(required, summaries, instant, UTC, regions or (), population)


def around(instant: str) -> list[datetime]:
    return [at(instant) - MINUTE, at(instant), at(instant) + MINUTE]


@pytest.mark.parametrize(
    ("boundary", "states"),
    [
        ("2026-06-01", ["missing", "fresh", "fresh"]),
        ("2026-06-08 12:00", ["fresh", "expiring", "expiring"]),  # a quarter of ten days before
        ("2026-06-11", ["expiring", "stale", "stale"]),
    ],
)
def test_a_minute_before_at_and_after_each_boundary(boundary: str, states: list[str]) -> None:
    found = [assess(requirement("P10D"), [summary("2026-06-01")], instant).state for instant in around(boundary)]
    assert found == states


def test_the_whole_answer() -> None:
    assert assess(requirement("P10D"), [summary("2026-06-01", "a1")], "2026-06-02") == FreshnessAnswer(
        state=Freshness.FRESH,
        evidence_time=at("2026-06-01"),
        stale_at=at("2026-06-11"),
        warn_at=at("2026-06-08 12:00"),
        next_change=at("2026-06-08 12:00"),
        artifact="a1",
        collector="a.one",
        reason="",
    )


@pytest.mark.parametrize(
    ("max_age", "warn", "warns"),
    [
        ("P10D", "", "2026-06-08 12:00"),
        ("P56D", "", "2026-07-13"),  # a quarter is 14 days
        ("P100D", "", "2026-08-26"),  # 14 days at most
        ("P10D", "P1D", "2026-06-10"),
        ("P3M", "P1M", "2026-08-01"),
        ("P10D", "P20D", "2026-05-22"),  # warned from the beginning
    ],
)
def test_the_warning_comes_a_quarter_before_or_14_days_or_as_configured(max_age: str, warn: str, warns: str) -> None:
    assert assess(requirement(max_age, warn=warn), [summary("2026-06-01")], "2026-06-01").warn_at == at(warns)


def test_next_change_goes_from_one_limit_to_the_next_and_then_nowhere() -> None:
    one = [summary("2026-06-01")]
    asked = ("2026-06-01", "2026-06-08 12:00", "2026-06-11")
    changes = [assess(requirement(), one, when).next_change for when in asked]
    assert changes == [at("2026-06-08 12:00"), at("2026-06-11"), None]


def test_an_artifact_counts_from_when_it_was_recorded_with_the_time_of_its_collection() -> None:
    late = [summary("2026-06-01", recorded="2026-06-03")]
    before = assess(requirement(), late, at("2026-06-03") - TICK)
    assert (before.state, before.reason, before.next_change) == ("missing", "never collected", at("2026-06-03"))
    assert assess(requirement(), late, "2026-06-03").evidence_time == at("2026-06-01")


def test_an_artifact_counts_until_it_is_voided() -> None:
    two = [summary("2026-06-01"), summary("2026-06-05", voided="2026-06-07")]
    before = assess(requirement(), two, at("2026-06-07") - TICK)
    assert (before.evidence_time, before.next_change) == (at("2026-06-05"), at("2026-06-07"))
    assert assess(requirement(), two, "2026-06-07").evidence_time == at("2026-06-01")


def test_an_artifact_voided_before_it_was_recorded_never_counts() -> None:
    one = [summary("2026-06-01", recorded="2026-06-03", voided="2026-06-02")]
    found = assess(requirement(), one, "2026-06-01")
    assert (found.state, found.next_change) == ("missing", None)
    assert assess(requirement(), one, "2026-06-04").reason == "never collected"


@pytest.mark.parametrize(
    ("outcome", "allowed", "state"),
    [
        (Outcome.SUCCEEDED, False, "fresh"),
        (Outcome.PARTIAL, False, "missing"),
        (Outcome.PARTIAL, True, "fresh"),
        (Outcome.FAILED, True, "missing"),
    ],
)
def test_only_complete_runs_are_accepted_or_partial_ones_where_allowed(
    outcome: Outcome, allowed: bool, state: str
) -> None:
    required = requirement(partial_allowed=allowed)
    assert assess(required, [summary("2026-06-01", outcome=outcome)], "2026-06-01").state == state


def test_another_collector_is_no_evidence_but_what_a_person_uploads_is() -> None:
    other = summary("2026-06-01", collector="z.other")
    upload = summary("2026-06-01", collector="upload", source="uploaded")
    assert assess(requirement(), [other], "2026-06-01").state == "missing"
    assert assess(requirement(), [upload], "2026-06-01").collector == "upload"
    assert assess(requirement(collectors=()), [other], "2026-06-01").state == "fresh"


def test_events_are_dated_by_when_they_happened() -> None:
    required = requirement(basis="occurred")
    found = assess(required, [summary("2026-06-20", instants=("2026-06-01", "2026-06-04"))], "2026-06-20")
    assert (found.state, found.evidence_time) == ("stale", at("2026-06-04"))


def test_an_event_of_the_future_is_ignored_until_it_comes() -> None:
    required = requirement(basis="occurred")
    one = [summary("2026-06-01", instants=("2026-05-30", "2026-06-03"))]
    before = assess(required, one, at("2026-06-03") - TICK)
    assert (before.evidence_time, before.next_change) == (at("2026-05-30"), at("2026-06-03"))
    assert assess(required, one, "2026-06-03").evidence_time == at("2026-06-03")


def test_why_nothing_is_there() -> None:
    required = requirement(basis="occurred")
    assert assess(required, [], "2026-06-01").reason == "never collected"
    nothing = assess(required, [summary("2026-06-01")], "2026-06-01")
    assert (nothing.reason, nothing.collector) == ("collected, but nothing qualifies", "a.one")
    future = assess(required, [summary("2026-06-01", instants=("2026-06-02",))], "2026-06-01")
    assert (future.reason, future.next_change) == ("collected, but nothing qualifies", at("2026-06-02"))


def test_the_oldest_region_decides_for_what_is_collected() -> None:
    seen = [
        summary("2026-06-01", region="eu"),
        summary("2026-06-05", "eu5", region="eu"),
        summary("2026-06-03", "us3", region="us"),
    ]
    found = assess(requirement(), seen, "2026-06-05")
    assert (found.evidence_time, found.artifact) == (at("2026-06-03"), "us3")


def test_the_newest_region_decides_for_what_occurred() -> None:
    required = requirement(basis="occurred")
    seen = [
        summary("2026-06-06", region="eu", instants=("2026-06-01",)),
        summary("2026-06-06", "us", region="us", instants=("2026-06-05",)),
    ]
    found = assess(required, seen, "2026-06-06", [expected("eu"), expected("us"), expected("ap")])
    assert (found.evidence_time, found.artifact) == (at("2026-06-05"), "us")


def test_a_region_that_was_never_read_is_missing() -> None:
    seen = [summary("2026-06-01", region="eu")]
    one = assess(requirement(), seen, "2026-06-01", [expected("eu"), expected("us")])
    two = assess(requirement(), seen, "2026-06-01", [expected("eu"), expected("us"), expected("ap")])
    assert (one.state, one.reason) == ("missing", "region us never read")
    assert two.reason == "regions ap, us never read"
    assert assess(requirement(), [], "2026-06-01", [expected("eu")]).reason == "never collected"


def test_a_region_is_owed_from_when_it_comes_into_force() -> None:
    regions = [expected("eu"), expected("us", since="2026-06-03")]
    seen = [summary("2026-06-01", region="eu")]
    found = [assess(requirement(), seen, instant, regions) for instant in around("2026-06-03")]
    assert [one.state for one in found] == ["fresh", "missing", "missing"]
    assert [one.next_change for one in found] == [at("2026-06-03"), None, None]


def test_a_region_is_owed_until_it_goes_out_of_force() -> None:
    regions = [expected("eu"), expected("us", until="2026-06-03")]
    seen = [summary("2026-06-01", region="eu")]
    before = assess(requirement(), seen, at("2026-06-03") - TICK, regions)
    assert (before.state, before.next_change) == ("missing", at("2026-06-03"))
    assert assess(requirement(), seen, "2026-06-03", regions).state == "fresh"
    gone = [*seen, summary("2026-05-01", region="us")]
    assert assess(requirement(), gone, "2026-06-03", regions).evidence_time == at("2026-06-01")


def test_with_no_region_in_force_nothing_was_collected() -> None:
    regions = [expected("eu", until="2026-06-02")]
    found = assess(requirement(), [summary("2026-06-01", region="eu")], "2026-06-02", regions)
    assert (found.state, found.reason) == ("missing", "never collected")


def test_regions_of_one_collector_are_not_owed_by_another() -> None:
    required = requirement(collectors=("a.one", "b.two"))
    found = assess(required, [summary("2026-06-01", collector="b.two")], "2026-06-01", [expected("eu"), expected("us")])
    assert (found.state, found.collector) == ("fresh", "b.two")


def test_the_best_of_the_collectors_is_taken() -> None:
    required = requirement(collectors=("a.one", "b.two", "c.three"))
    seen = [
        summary("2026-06-01", collector="a.one"),
        summary("2026-06-05", collector="b.two"),
        summary("2026-06-03", collector="c.three"),
    ]
    assert assess(required, seen, "2026-06-05").collector == "b.two"


def test_the_fuller_reason_is_told() -> None:
    required = requirement(collectors=("a.one", "b.two"), basis="occurred")
    assert assess(required, [summary("2026-06-01", collector="b.two")], "2026-06-01").collector == "b.two"


@pytest.mark.parametrize(
    ("end", "stales", "warns"),
    [("2026-06-05", "2026-06-05", "2026-06-02 12:00"), ("2026-06-30", "2026-06-11", "2026-06-08 12:00")],
)
def test_a_documents_own_end_wins_where_it_is_earlier(end: str, stales: str, warns: str) -> None:
    required = requirement(basis="occurred", kind="document")
    one = summary("2026-06-02", instants=("2026-06-01",), valid_until=(("2026-06-01", end),))
    found = assess(required, [one], "2026-06-02")
    assert (found.stale_at, found.warn_at) == (at(stales), at(warns))


def test_of_documents_of_one_instant_the_later_end_counts() -> None:
    required = requirement(basis="occurred", kind="document")
    ends = (("2026-06-01", "2026-06-09"), ("2026-06-01", "2026-06-05"))
    one = summary("2026-06-02", instants=("2026-06-01", "2026-06-01"), valid_until=ends)
    assert assess(required, [one], "2026-06-02").stale_at == at("2026-06-09")
    other = summary("2026-06-03", instants=("2026-06-01",), valid_until=(("2026-06-01", "2026-06-10"),))
    assert assess(required, [one, other], "2026-06-03").stale_at == at("2026-06-10")


def test_a_register_of_documents_that_is_collected_ends_with_its_last_document() -> None:
    one = summary("2026-06-01", valid_until=(("2026-01-01", "2026-06-03"), ("2026-01-02", "2026-06-04")))
    assert assess(requirement(), [one], "2026-06-01").stale_at == at("2026-06-04")


def test_of_the_same_evidence_the_artifact_recorded_first_is_named() -> None:
    required = requirement(basis="occurred")
    twice = [
        summary("2026-06-03", "b", instants=("2026-06-01",)),
        summary("2026-06-02", "c", instants=("2026-06-01",)),
        summary("2026-06-02", "d", instants=("2026-06-01",)),
    ]
    assert assess(required, twice, "2026-06-03").artifact == "d"
    assert assess(required, twice, "2026-06-02").next_change == at("2026-06-08 12:00")


@pytest.mark.parametrize(
    ("share", "time"),
    [
        (Fraction(1), "2026-06-01"),
        (Fraction(2, 3), "2026-06-03"),
        (Fraction(1, 2), "2026-06-03"),
        (Fraction(1, 3), "2026-06-05"),
        (Fraction(0), "2026-06-05"),
    ],
)
def test_the_oldest_of_the_subjects_that_must_have_it_decides(share: Fraction, time: str) -> None:
    subjects = Subjects(kind="asset", where="true", column="resource", share=share)
    required = requirement(basis="occurred", subjects=subjects)
    times = {"a": ("2026-05-01", "2026-06-01"), "b": ("2026-06-03",), "c": ("2026-06-05",), "x": ("2026-06-06",)}
    one = summary("2026-06-06", by_subject=times)
    assert assess(required, [one], "2026-06-06", population=("a", "b", "c")).evidence_time == at(time)


def test_too_few_subjects_are_missing() -> None:
    required = requirement(basis="occurred", subjects=DATABASES)
    one = summary("2026-06-06", by_subject={"a": ("2026-06-01",), "b": ("2026-06-07",)})
    found = assess(required, [one], "2026-06-06", population=("a", "b"))
    assert (found.state, found.reason, found.next_change) == (
        "missing",
        "evidence for 1 of 2 subjects",
        at("2026-06-07"),
    )
    none = assess(required, [one], "2026-06-06", population=("z",))
    assert none.reason == "collected, but nothing qualifies"
    assert assess(required, [one], "2026-06-06").reason == "no subject is known"


def test_subjects_of_what_is_collected_are_dated_by_the_collection() -> None:
    required = requirement(subjects=DATABASES)
    seen = [
        summary("2026-06-02", by_subject={"a": ("2026-01-01",)}),
        summary("2026-06-04", by_subject={"b": ("2026-01-01",)}),
    ]
    assert assess(required, seen, "2026-06-04", population=("a", "b")).evidence_time == at("2026-06-02")


def test_an_age_in_months_is_counted_in_the_zone_of_the_organization() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    found = freshness.assess(requirement("P1M"), [summary("2026-02-28 23:30")], at("2026-03-02"), berlin)
    assert found.stale_at == at("2026-03-31 22:30")


def test_the_year_one_is_stale_not_a_fault() -> None:
    required = requirement("P1M", basis="occurred")
    zone = ZoneInfo("America/New_York")
    found = freshness.assess(required, [summary("2026-06-01", instants=("0001-01-01",))], at("2026-06-01"), zone)
    assert found.state == "stale"


def test_an_artifact_that_will_be_voided_counts_from_the_instant_of_its_recording() -> None:
    one = [summary("2026-06-05", voided="2026-06-07")]
    assert assess(requirement(), one, "2026-06-05").state == "fresh"


def test_older_evidence_recorded_later_does_not_hide_what_comes_before_it() -> None:
    seen = [summary("2026-06-05"), summary("2026-06-02", recorded="2026-06-10")]
    assert assess(requirement(), seen, "2026-06-01").next_change == at("2026-06-05")


def test_every_subject_keeps_its_newest_whatever_the_order() -> None:
    required = requirement(basis="occurred", subjects=DATABASES)
    seen = [
        summary("2026-06-06", by_subject={"a": ("2026-06-02",), "b": ("2026-06-02",)}),
        summary("2026-06-06", by_subject={"a": ("2026-06-01",), "b": ("2026-06-04",)}),
        summary("2026-06-06", by_subject={"a": ("2026-06-05",), "b": ("2026-06-01",)}),
    ]
    assert assess(required, seen, "2026-06-06", population=("a", "b")).evidence_time == at("2026-06-04")


def test_the_end_of_a_subjects_document_is_its_own() -> None:
    required = requirement(basis="occurred", subjects=DATABASES, kind="document")
    one = summary(
        "2026-06-03",
        by_subject={"a": ("2026-06-01",), "b": ("2026-06-02",)},
        valid_until=(("2026-06-01", "2026-06-06"), ("2026-06-02", "2026-06-05")),
    )
    assert assess(required, [one], "2026-06-03", population=("a", "b")).stale_at == at("2026-06-06")


def test_of_two_fresh_collectors_the_later_limit_is_better_then_the_later_evidence() -> None:
    required = requirement(basis="occurred", kind="document", collectors=("a.one", "b.two"))
    ends_soon = summary("2026-06-02", instants=("2026-06-02",), valid_until=(("2026-06-02", "2026-06-06"),))
    lasts = summary("2026-06-02", collector="b.two", instants=("2026-06-01",))
    assert assess(required, [ends_soon, lasts], "2026-06-02").collector == "b.two"
    monthly = requirement("P1M", collectors=("a.one", "b.two"))
    both = [summary("2026-01-30"), summary("2026-01-31", collector="b.two")]  # both stale on 28 February
    assert assess(monthly, both, "2026-02-01").collector == "b.two"


def test_limits_in_months_hold_in_the_zone_of_the_organization_through_other_turns() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    regions = [expected("", since="2026-01-01"), expected("eu", since="2026-03-05", collector="b.two")]
    required = requirement("P3M", warn="P1M", collectors=("a.one", "b.two"))
    found = freshness.assess(required, [summary("2026-01-31 23:30")], at("2026-03-01"), berlin, regions)
    assert found.stale_at == at("2026-04-30 22:30")  # 1 May, half past midnight there
    assert found.warn_at == at("2026-03-31 22:30")
    assert found.next_change == at("2026-03-31 22:30")


def test_records_that_could_not_be_read_may_only_have_made_it_better_and_that_is_said() -> None:
    required = requirement(basis="occurred")
    for as_of, said in (("2026-06-02", ""), ("2026-06-09", ""), ("2026-07-01", "no key")):
        answer = assess(required, [summary("2026-06-02", instants=["2026-06-01"])], as_of)
        found = freshness.unread(answer, "no key")
        assert (found.state, found.reason, found.next_change) == (answer.state, said, answer.next_change)
    none = freshness.unread(assess(required, [summary("2026-06-02")], "2026-06-03"), "no key")
    assert (none.state, none.reason) == (Freshness.MISSING, "no key")
