from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from agent import coverage
from agent.intervals import common, holes, join
from agent.model import Coverage, CoverageAnswer, Requirement, Summary
from tests.rules.build import DAY, HOUR, TICK, at, expected, requirement, summary, window

UTC = ZoneInfo("UTC")
PERIOD = window("2026-01-01", "2026-02-01")


def logs(**given: Any) -> Requirement:
    return requirement(given.pop("max_age", "P2D"), coverage="continuous", kind="log_event", **given)


def read(start: str, end: str, **given: Any) -> Summary:
    return summary(given.pop("collected", end), f"{start}..{end}", window=(start, end), **given)


def assess(required: Requirement, summaries: list[Summary], as_of: str | datetime, **given: Any) -> CoverageAnswer:
    instant = at(as_of) if isinstance(as_of, str) else as_of
    return coverage.assess(required, summaries, instant, UTC, PERIOD, **given)


def gaps(answer: CoverageAnswer) -> list[tuple[datetime, datetime]]:
    return [(gap.start, gap.end) for gap in answer.gaps]


def test_windows_that_tile_leave_no_hole() -> None:
    found = assess(logs(), [read("2026-01-03", "2026-01-05"), read("2025-12-30", "2026-01-03")], "2026-01-06")
    assert (found.state, found.gaps, found.next_change) == (Coverage.COMPLETE, (), at("2026-01-07") + TICK)


@pytest.mark.parametrize(
    ("start", "hole"),
    [("2026-01-02 23:59", []), ("2026-01-03", []), ("2026-01-03 00:01", [("2026-01-03", "2026-01-03 00:01")])],
)
def test_a_minute_between_windows_is_a_hole(start: str, hole: list[tuple[str, str]]) -> None:
    found = assess(logs(), [read("2026-01-01", "2026-01-03"), read(start, "2026-01-05")], "2026-01-05")
    assert gaps(found) == [(at(a), at(b)) for a, b in hole]


@pytest.mark.parametrize(
    ("end", "holes_found"), [("2026-01-03 00:59", 0), ("2026-01-03 01:00", 0), ("2026-01-03 01:01", 1)]
)
def test_a_hole_counts_when_it_is_longer_than_the_tolerance(end: str, holes_found: int) -> None:
    seen = [read("2026-01-01", "2026-01-03"), read(end, "2026-01-05")]
    assert len(assess(logs(tolerance=HOUR), seen, "2026-01-05").gaps) == holes_found


def test_the_open_tail_is_a_gap_when_it_is_longer_than_max_age() -> None:
    seen = [read("2026-01-01", "2026-01-03")]
    assert assess(logs(), seen, "2026-01-05").gaps == ()
    assert assess(logs(), seen, "2026-01-05").next_change == at("2026-01-05") + TICK
    grown = assess(logs(), seen, at("2026-01-05") + TICK)
    assert gaps(grown) == [(at("2026-01-03"), at("2026-01-05") + TICK)]
    assert grown.state is Coverage.GAP
    assert grown.next_change == at("2026-02-01")  # from then on it does not grow


def test_the_open_tail_is_a_gap_when_the_audit_period_is_over() -> None:
    seen = [read("2026-01-01", "2026-01-31")]
    before = assess(logs(), seen, at("2026-02-01") - TICK)
    assert (before.gaps, before.next_change) == ((), at("2026-02-01"))
    after = assess(logs(), seen, "2026-02-01")
    assert (gaps(after), after.next_change) == ([(at("2026-01-31"), at("2026-02-01"))], None)
    assert gaps(assess(logs(), seen, "2026-03-01")) == [(at("2026-01-31"), at("2026-02-01"))]


def test_a_tail_within_the_tolerance_is_none() -> None:
    seen = [read("2026-01-01", "2026-01-31 23:00")]
    assert assess(logs(tolerance=HOUR), seen, "2026-02-02").gaps == ()
    waits = assess(logs(tolerance=5 * DAY), [read("2026-01-01", "2026-01-03")], "2026-01-04")
    assert waits.next_change == at("2026-01-08") + TICK


def test_nothing_read_is_a_tail_from_the_start() -> None:
    assert assess(logs(), [], "2026-01-03").gaps == ()
    assert gaps(assess(logs(), [], "2026-01-04")) == [(at("2026-01-01"), at("2026-01-04"))]
    before = assess(logs(), [], "2025-12-01")
    assert (before.gaps, before.next_change) == ((), at("2026-01-03") + TICK)


def test_an_artifact_without_a_window_covers_nothing() -> None:
    assert len(assess(logs(), [summary("2026-01-03")], "2026-01-05").gaps) == 1


def test_the_future_that_a_window_claims_is_not_covered() -> None:
    seen = [
        read("2026-01-01", "2026-01-20", collected="2026-01-05"),
        read("2026-01-10", "2026-01-20", collected="2026-01-08"),
    ]
    assert gaps(assess(logs(), seen, "2026-01-09")) == [(at("2026-01-05"), at("2026-01-09"))]


def test_a_window_counts_from_when_it_was_recorded_until_it_is_voided() -> None:
    seen = [
        read("2026-01-01", "2026-01-03"),
        read("2026-01-04", "2026-01-06"),
        read("2026-01-03", "2026-01-04", collected="2026-01-07", voided="2026-01-09"),
    ]
    early = assess(logs(max_age="P30D"), seen, "2026-01-06")
    assert (gaps(early), early.next_change) == ([(at("2026-01-03"), at("2026-01-04"))], at("2026-01-07"))
    filled = assess(logs(max_age="P30D"), seen, "2026-01-07")
    assert (gaps(filled), filled.next_change) == ([], at("2026-01-09"))
    assert len(assess(logs(max_age="P30D"), seen, "2026-01-09").gaps) == 1


def test_a_window_recorded_later_fills_a_hole_then() -> None:
    seen = [
        read("2026-01-01", "2026-01-03"),
        read("2026-01-04", "2026-01-06"),
        read("2026-01-02", "2026-01-05", collected="2026-01-10"),
    ]
    found = assess(logs(max_age="P30D"), seen, "2026-01-06")
    assert found.next_change == at("2026-01-10")


def test_windows_in_which_the_source_was_off_do_not_count() -> None:
    seen = [read("2026-01-01", "2026-01-10")]
    spans = [window("2025-12-01", "2026-01-03"), window("2026-01-05", "2026-01-07"), window("2026-01-08", "2027-01-01")]
    found = assess(logs(), seen, "2026-01-10", enabled=spans)
    assert gaps(found) == [(at("2026-01-03"), at("2026-01-05")), (at("2026-01-07"), at("2026-01-08"))]
    assert len(assess(logs(), seen, "2026-01-10", enabled=[]).gaps) == 1


@pytest.mark.parametrize(
    ("records", "silent"),
    [
        (["2026-01-03", "2026-01-06", "2026-01-09"], []),
        (["2026-01-03", "2026-01-06 00:01", "2026-01-09"], [("2026-01-03", "2026-01-06 00:01")]),
        (["2026-01-05", "2026-01-07"], [("2026-01-01", "2026-01-05")]),
        (["2025-12-30", "2026-01-04", "2026-01-07"], [("2026-01-01", "2026-01-04")]),
        (["2025-12-31", "2026-01-03", "2026-01-06"], [("2026-01-06", "2026-01-10")]),
        ([], [("2026-01-01", "2026-01-10")]),
    ],
)
def test_silence_is_bounded(records: list[str], silent: list[tuple[str, str]]) -> None:
    seen = [read("2026-01-01", "2026-01-10", instants=records)]
    found = assess(logs(max_silence=3 * DAY), seen, "2026-01-10")
    assert gaps(found) == [(at(a), at(b)) for a, b in silent]


def test_what_was_never_read_is_a_hole_and_no_silence() -> None:
    assert assess(logs(max_silence=HOUR), [], "2026-01-02").gaps == ()


def test_records_of_a_window_recorded_later_break_the_silence_then() -> None:
    seen = [
        read("2026-01-01", "2026-01-10", instants=["2026-01-01", "2026-01-04", "2026-01-09"]),
        read("2026-01-04", "2026-01-10", collected="2026-01-11", instants=["2026-01-07"]),
        read("2026-01-01", "2026-01-02", collected="2026-01-10", voided="2026-01-12", instants=["2026-01-06"]),
    ]
    required = logs(max_age="P30D", max_silence=3 * DAY)
    assert assess(required, seen, "2026-01-10").gaps == ()
    assert assess(required, seen, "2026-01-12").gaps == ()
    assert gaps(assess(required, seen[:1], "2026-01-12")) == [(at("2026-01-04"), at("2026-01-09"))]


def test_a_hole_in_one_region_is_a_hole() -> None:
    seen = [read("2026-01-01", "2026-01-10", region="eu"), read("2026-01-01", "2026-01-04", region="us")]
    for regions in ([], [expected("eu"), expected("us")]):
        found = assess(logs(), seen, "2026-01-10", expected=regions)
        assert gaps(found) == [(at("2026-01-04"), at("2026-01-10"))]
    assert len(assess(logs(), seen, "2026-01-10", expected=[expected("eu"), expected("ap")]).gaps) == 1


def test_what_was_read_for_the_whole_boundary_covers_every_region() -> None:
    seen = [read("2026-01-01", "2026-01-10"), read("2026-01-01", "2026-01-04", region="us")]
    assert assess(logs(), seen, "2026-01-10").gaps == ()
    assert assess(logs(), seen, "2026-01-10", expected=[expected("us"), expected("ap")]).gaps == ()


def test_a_region_owes_the_time_in_which_it_was_in_force() -> None:
    seen = [
        read("2026-01-01", "2026-01-20", region="eu"),
        read("2026-01-11", "2026-01-20", region="us"),
        read("2026-01-01", "2026-01-05", region="ap"),
    ]
    regions = [expected("eu"), expected("us", since="2026-01-10"), expected("ap", until="2026-01-06")]
    found = assess(logs(), seen, "2026-01-20", expected=regions)
    assert gaps(found) == [(at("2026-01-05"), at("2026-01-06")), (at("2026-01-10"), at("2026-01-11"))]
    early = [read("2026-01-01", "2026-01-04", region="eu")]
    assert assess(logs(), early, "2026-01-04", expected=regions[:2]).gaps == ()


def test_the_regions_with_which_it_began_owe_the_whole_period() -> None:
    seen = [read("2026-01-11", "2026-01-20", region="eu")]
    found = assess(logs(), seen, "2026-01-20", expected=[expected("eu", since="2026-01-10")])
    assert gaps(found) == [(at("2026-01-01"), at("2026-01-11"))]


def test_a_hole_counts_when_every_collector_has_it() -> None:
    seen = [
        read("2026-01-01", "2026-01-20", region="eu"),
        read("2026-01-01", "2026-01-10", region="us", collector="b.two"),
    ]
    required = logs(collectors=("a.one", "b.two"))
    regions = [expected("eu"), expected("us", collector="b.two")]
    assert assess(required, seen, "2026-01-20", expected=regions).gaps == ()
    assert len(assess(required, seen, "2026-01-20", expected=regions[1:]).gaps) == 1


def test_unions_common_parts_and_holes() -> None:
    a, b, c = window("2026-01-01", "2026-01-03"), window("2026-01-03", "2026-01-05"), window("2026-01-07", "2026-01-09")
    inner = window("2026-01-02", "2026-01-03")
    assert join([c, b, a, inner]) == [window("2026-01-01", "2026-01-05"), c]
    assert join([window("2026-01-03", "2026-01-03")]) == []
    assert common([a, c], [window("2026-01-02", "2026-01-08")]) == [inner, window("2026-01-07", "2026-01-08")]
    assert common([window("2026-01-01", "2026-01-09")], [c, inner]) == [inner, c]
    assert common([a], [b]) == []
    assert common([b], [a]) == []
    assert holes([b, c], window("2026-01-01", "2026-01-08")) == [a, window("2026-01-05", "2026-01-07")]
    assert holes([c], window("2026-01-01", "2026-01-07")) == [window("2026-01-01", "2026-01-07")]
    assert holes([a, c], window("2026-01-02", "2026-01-02 12:00")) == []
    assert holes([a], a) == []
    assert holes([a, c], window("2026-01-01", "2026-01-09")) == [window("2026-01-03", "2026-01-07")]


def test_the_tail_of_a_region_that_went_is_a_hole_at_once_and_grows_no_more() -> None:
    regions = [expected("eu", until="2026-01-06")]
    seen = [read("2026-01-01", "2026-01-05", region="eu")]
    assert assess(logs(), seen, at("2026-01-06") - TICK, expected=regions).gaps == ()
    assert assess(logs(), seen, at("2026-01-06") - TICK, expected=regions).next_change == at("2026-01-06")
    for instant in ("2026-01-06", "2026-01-06 00:01", "2026-03-01"):
        found = assess(logs(), seen, instant, expected=regions)
        assert gaps(found) == [(at("2026-01-05"), at("2026-01-06"))]


def test_a_growing_gap_is_the_same_gap_until_something_else_happens() -> None:
    seen = [read("2026-01-01", "2026-01-03"), read("2026-01-01", "2026-01-02", collected="2026-01-20")]
    found = assess(logs(), seen, "2026-01-10")
    assert (gaps(found), found.next_change) == ([(at("2026-01-03"), at("2026-01-10"))], at("2026-02-01"))


def test_a_gap_grows_to_the_end_of_its_region() -> None:
    regions = [expected("eu", until="2026-01-20")]
    found = assess(logs(), [read("2026-01-01", "2026-01-03", region="eu")], "2026-01-10", expected=regions)
    assert found.next_change == at("2026-01-20")


def test_windows_recorded_later_are_taken_in_the_order_of_their_recording() -> None:
    seen = [
        read("2026-01-01", "2026-01-03"),
        read("2026-01-05", "2026-01-06", collected="2026-01-12"),
        read("2026-01-03", "2026-01-05", collected="2026-01-10"),
        read("2026-01-08", "2026-01-09", collected="2026-01-14"),
    ]
    found = assess(logs(max_age="P20D"), seen, "2026-01-03")
    assert found.next_change == at("2026-01-14")  # the first that leaves a hole before it
    assert gaps(assess(logs(max_age="P20D"), seen, "2026-01-14")) == [(at("2026-01-06"), at("2026-01-08"))]


def test_a_region_known_only_from_what_will_be_voided() -> None:
    seen = [
        read("2026-01-01", "2026-01-03", region="eu", voided="2026-01-20"),
        read("2026-01-01", "2026-01-03", region="us"),
    ]
    assert assess(logs(), seen, "2026-01-03").gaps == ()


def test_a_region_owes_from_the_instant_at_which_it_is_in_force() -> None:
    regions = [expected("eu", since="2026-01-10")]
    assert assess(logs(), [], at("2026-01-10") - TICK, expected=regions).gaps == ()
    assert gaps(assess(logs(), [], "2026-01-10", expected=regions)) == [(at("2026-01-01"), at("2026-01-10"))]


def test_the_age_of_the_tail_is_counted_in_the_zone_of_the_organization() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    seen = [read("2026-02-01", "2026-02-28 23:30")]
    spring = window("2026-02-01", "2026-06-01")
    found = coverage.assess(logs(max_age="P1M"), seen, at("2026-03-31 22:30"), berlin, spring)
    assert (found.gaps, found.next_change) == ((), at("2026-03-31 22:30") + TICK)


def test_a_window_that_ends_before_it_begins_covers_nothing() -> None:
    seen = [read("2026-01-01", "2026-01-03"), read("2026-01-02", "2026-01-01", collected="2026-01-03")]
    assert assess(logs(), seen, "2026-01-03").gaps == ()


def test_a_silence_that_ends_now_does_not_grow() -> None:
    seen = [read("2026-01-01", "2026-01-10", instants=["2026-01-02"])]
    found = assess(logs(max_silence=DAY), seen, "2026-01-10")
    assert (gaps(found), found.next_change) == ([(at("2026-01-02"), at("2026-01-10"))], at("2026-01-12") + TICK)


def test_silence_after_the_audit_period_is_not_asked_for() -> None:
    seen = [read("2026-01-01", "2026-02-20", instants=["2026-01-15", "2026-01-30"])]
    assert assess(logs(max_silence=16 * DAY), seen, "2026-02-20").gaps == ()


def test_the_first_of_the_later_windows_changes_the_answer_first() -> None:
    seen = [
        read("2026-01-01", "2026-01-03"),
        read("2026-01-12", "2026-01-13", collected="2026-01-14"),
        read("2026-01-05", "2026-01-06", collected="2026-01-10"),
    ]
    assert assess(logs(max_age="P20D"), seen, "2026-01-03").next_change == at("2026-01-10")


def test_what_will_be_voided_fills_the_hole_of_its_own_region() -> None:
    seen = [
        read("2026-01-01", "2026-01-03", region="eu"),
        read("2026-01-04", "2026-01-06", region="eu"),
        read("2026-01-03", "2026-01-04", region="eu", voided="2026-01-09"),
    ]
    assert assess(logs(), seen, "2026-01-06").gaps == ()


def test_silences_before_the_audit_period_are_not_told() -> None:
    seen = [
        read(
            "2025-11-01", "2026-01-05", instants=["2025-11-01", "2025-12-01", "2025-12-31", "2026-01-02", "2026-01-04"]
        )
    ]
    assert assess(logs(max_silence=2 * DAY), seen, "2026-01-05").gaps == ()
    early = [read("2025-11-01", "2025-12-20", instants=["2025-11-01"])]
    assert assess(logs(max_silence=2 * DAY), early, "2026-01-02").gaps == ()


@pytest.mark.parametrize(("seen", "as_of", "owed"), [
    ([], "2026-01-10", 1),
    ([read("2025-12-29", "2025-12-31")], "2025-12-31", 0),
    ([read("2025-12-29", "2026-01-01")], "2026-01-01", 0),
    ([read("2025-12-30", "2026-01-01 00:01")], "2026-01-01 00:01", 1),
])
def test_continuous_evidence_is_owed_once_any_of_the_period_was_read_or_is_lacking(
    seen: list[Summary], as_of: str, owed: int
) -> None:
    assert assess(logs(), seen, as_of).owed == owed
