from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from agent.calendar import NEVER, add, end_of_day, iso, local_date, midnight, parse_duration, periods
from agent.model import Duration, Window
from tests.rules.build import DAY, HOUR, at

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("text", "months", "exact"),
    [
        ("P1D", 0, DAY),
        ("P1W", 0, 7 * DAY),
        ("P3M", 3, timedelta()),
        ("P1Y2M", 14, timedelta()),
        ("P1M10DT2H30M5S", 1, timedelta(days=10, hours=2, minutes=30, seconds=5)),
        ("PT90M", 0, timedelta(minutes=90)),
    ],
)
def test_a_duration_is_read(text: str, months: int, exact: timedelta) -> None:
    assert parse_duration(text) == Duration(months, exact, text)


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "P1DT", "1D", "P-1D", "P1", "P1S", "p1d", "P1D ", "P1M1Y", "PT1D", "P\u0661D"]
)
def test_what_is_no_duration_is_refused_with_the_remedy(text: str) -> None:
    with pytest.raises(ValueError, match=r"not an ISO 8601 duration such as P1D"):
        parse_duration(text)


@pytest.mark.parametrize(
    "text", ["P1D", "P1W", "P10D", "P2W", "P1M", "P13M", "P1Y", "P1Y3M", "PT6H", "P1DT6H30M", "PT1S", "P1M1W"]
)
def test_the_text_of_a_duration_says_the_same_again(text: str) -> None:
    span = parse_duration(text)
    again = parse_duration(iso(span))
    assert (again.months, again.exact) == (span.months, span.exact)


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (Duration(15), "P1Y3M"),
        (Duration(12), "P1Y"),
        (Duration(0, 14 * DAY), "P2W"),
        (Duration(0, 10 * DAY), "P10D"),
        (Duration(1, 7 * DAY), "P1M7D"),
        (Duration(0, DAY + 6 * HOUR), "P1DT6H"),
        (Duration(0, 7 * DAY + 6 * HOUR), "P7DT6H"),
        (Duration(0, timedelta(minutes=5)), "PT5M"),
        (Duration(0, timedelta(seconds=1.5)), "PT1.5S"),
        (Duration(0, timedelta(seconds=10)), "PT10S"),
        (Duration(), "PT0S"),
    ],
)
def test_the_text_of_a_duration_is_short(span: Duration, text: str) -> None:
    assert iso(span) == text


@pytest.mark.parametrize(
    ("start", "text", "zone", "end"),
    [
        ("2026-01-31", "P1M", "UTC", "2026-02-28"),
        ("2024-01-31", "P1M", "UTC", "2024-02-29"),
        ("2024-02-29", "P1Y", "UTC", "2025-02-28"),
        ("2026-03-15 11:00", "P1M", "Europe/Berlin", "2026-04-15 10:00"),  # noon stays noon
        ("2026-03-28 11:00", "P1D", "Europe/Berlin", "2026-03-29 11:00"),  # a day is 24 hours
        ("2026-02-28 01:30", "P1M", "Europe/Berlin", "2026-03-28 01:30"),
        ("2026-02-28 23:30", "P1M", "Europe/Berlin", "2026-03-31 22:30"),  # 1 March there already
        ("2026-01-29 01:30", "P2M", "Europe/Berlin", "2026-03-29 01:30"),  # 02:30 is skipped, so 03:30
        ("2026-09-25 00:30", "P1M", "Europe/Berlin", "2026-10-25 00:30"),  # 02:30 comes twice: the first
        ("2026-01-31", "P1M1D", "UTC", "2026-03-01"),  # months first, then days
    ],
)
def test_months_are_calendar_ones_and_days_are_24_hours(start: str, text: str, zone: str, end: str) -> None:
    assert add(at(start), parse_duration(text), ZoneInfo(zone)) == at(end)


def test_subtraction_goes_back() -> None:
    assert add(at("2026-03-31"), parse_duration("P1M"), ZoneInfo("UTC"), -1) == at("2026-02-28")
    assert add(at("2026-03-31"), parse_duration("P1D"), ZoneInfo("UTC"), -1) == at("2026-03-30")


def test_an_instant_at_the_edge_of_time_stays_there() -> None:
    first = datetime.min.replace(tzinfo=UTC)
    assert add(NEVER, parse_duration("P1M"), BERLIN) == NEVER
    assert add(NEVER, parse_duration("P1D"), BERLIN) == NEVER
    assert add(first, parse_duration("P1D"), BERLIN, -1) == first


def test_a_result_is_in_utc() -> None:
    moved = add(at("2026-01-01").astimezone(BERLIN), parse_duration("P1D"), BERLIN)
    assert moved.tzinfo is UTC


@pytest.mark.parametrize(
    ("zone", "day", "instant"),
    [
        ("Europe/Berlin", date(2026, 6, 1), "2026-05-31 22:00"),
        ("Africa/Cairo", date(2024, 4, 26), "2024-04-25 22:00"),  # its midnight is skipped: the day begins at 01:00
        ("America/Havana", date(2024, 11, 3), "2024-11-03 04:00"),  # its midnight comes twice: the first
        ("Asia/Kolkata", date(2026, 1, 1), "2025-12-31 18:30"),
    ],
)
def test_a_day_begins_at_its_first_instant(zone: str, day: date, instant: str) -> None:
    assert midnight(day, ZoneInfo(zone)) == at(instant)


def test_a_day_ends_where_the_next_begins() -> None:
    assert end_of_day(date(2026, 3, 29), BERLIN) == at("2026-03-29 22:00")
    assert local_date(at("2026-03-29 21:59:59"), BERLIN) == date(2026, 3, 29)
    assert local_date(at("2026-03-29 22:00"), BERLIN) == date(2026, 3, 30)


@pytest.mark.parametrize(
    ("cadence", "start", "end", "expected"),
    [
        ("P1D", "2026-06-01", "2026-06-03", ["2026-06-01", "2026-06-02", "2026-06-03"]),
        ("P1W", "2026-06-03", "2026-06-09", ["2026-06-01", "2026-06-08", "2026-06-15"]),  # Mondays
        ("P7D", "2026-06-01", "2026-06-08", ["2026-06-01", "2026-06-08"]),
        ("P1M", "2026-01-31", "2026-02-02", ["2026-01-01", "2026-02-01", "2026-03-01"]),
        ("P3M", "2026-02-01", "2026-05-01", ["2026-01-01", "2026-04-01", "2026-07-01"]),
        ("P6M", "2026-06-30", "2026-07-02", ["2026-01-01", "2026-07-01", "2027-01-01"]),
        ("P1Y", "2025-12-31", "2026-01-01", ["2025-01-01", "2026-01-01"]),
        ("P12M", "2025-12-31", "2026-01-01", ["2025-01-01", "2026-01-01"]),
    ],
)
def test_the_calendar_is_cut_in_periods(cadence: str, start: str, end: str, expected: list[str]) -> None:
    marks = [at(one) for one in expected]
    found = periods(parse_duration(cadence), UTC, at(start), at(end))
    assert found == tuple(Window(a, b) for a, b in pairwise(marks))


def test_periods_begin_and_end_at_local_midnight() -> None:
    found = periods(parse_duration("P3M"), NEW_YORK, at("2026-01-02"), at("2026-04-01 04:00"))
    assert found == (Window(at("2026-01-01 05:00"), at("2026-04-01 04:00")),)


def test_a_day_that_a_zone_skipped_is_no_period() -> None:
    found = periods(parse_duration("P1D"), ZoneInfo("Pacific/Apia"), at("2011-12-29 12:00"), at("2011-12-31 12:00"))
    assert [local_date(one.start, ZoneInfo("Pacific/Apia")).day for one in found] == [29, 31, 1]


@pytest.mark.parametrize("cadence", ["P2M", "P2D", "PT1H", "P1M1D", "P2Y", "P10D"])
def test_other_cadences_have_no_periods(cadence: str) -> None:
    with pytest.raises(ValueError, match=rf"no calendar periods of {cadence}: use P1D, P1W"):
        periods(parse_duration(cadence), UTC, at("2026-01-01"), at("2027-01-01"))
