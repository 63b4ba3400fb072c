"""Calendar arithmetic in the organization's time zone: durations, local midnights, periods.

Years and months are calendar ones in the zone; weeks and days are exact, 24 hours a day
(design section 5). Instants come in aware and go out in UTC.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from dateutil.relativedelta import relativedelta

from agent.durations import duration
from agent.model import Duration, Window

NEVER = datetime.max.replace(tzinfo=UTC)
"""An instant that does not come."""

LAST_CHANCE_DAYS = (30, 14, 7, 2)
"""Days before the end of a period with nothing in it at which its last chance is told again."""
LAST_CHANCE_PART = 3
"""No last chance is told before the last third of a period: of a month 7 and 2 days ahead, of a week 2, of a day none.

What a day's schedule has not brought in the morning it brings in the evening; what it did not bring is a gap.
"""

_CADENCES = "P1D, P1W, P1M, P3M, P6M or P1Y"


def parse_duration(text: str) -> Duration:
    """Return the duration that ISO 8601 `text` says; raises `ValueError` with the remedy where it says none."""
    return duration(text)


def iso(span: Duration) -> str:
    """Return the duration as ISO 8601 text, in the fewest parts: `P1Y3M`, `P1W`, `P1DT6H`, `PT0S`."""
    years, months = divmod(span.months, 12)
    days, rest = divmod(span.exact, timedelta(days=1))
    hours, rest = divmod(rest, timedelta(hours=1))
    minutes, rest = divmod(rest, timedelta(minutes=1))
    seconds = f"{rest.seconds}.{rest.microseconds:06d}".rstrip("0").rstrip(".") if rest else ""
    if not (years or months or rest or hours or minutes) and days and days % 7 == 0:
        return f"P{days // 7}W"
    day = "".join(f"{n}{unit}" for n, unit in ((years, "Y"), (months, "M"), (days, "D")) if n)
    clock = "".join(f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if n)
    return f"P{day}{'T' + clock if clock or not day else ''}" if day or clock else "PT0S"


def add(instant: datetime, span: Duration, tz: tzinfo, sign: int = 1) -> datetime:
    """Return the instant moved by the duration in the zone: months first, keeping the local hour.

    A day that the month lacks becomes its last; a local time that is skipped moves on by the skipped hour;
    one that comes twice is the first. What would leave the calendar of Python stops at its ends.
    """
    try:
        moved = _months(instant, sign * span.months, tz) if span.months else instant
        return (moved + sign * span.exact).astimezone(UTC)
    except (OverflowError, ValueError):
        return NEVER if sign > 0 else datetime.min.replace(tzinfo=UTC)


def _months(instant: datetime, months: int, tz: tzinfo) -> datetime:
    try:
        local = instant.astimezone(tz)
    except OverflowError:  # the year 1, which some providers write for "never", has no local time west of UTC
        local, tz = instant.astimezone(UTC), UTC
    return (local.replace(tzinfo=None) + relativedelta(months=months)).replace(tzinfo=tz).astimezone(UTC)


def midnight(day: date, tz: tzinfo) -> datetime:
    """Return the first instant of the local day in UTC, also where its midnight is skipped or comes twice."""
    return datetime.combine(day, time(), tzinfo=tz).astimezone(UTC)


def end_of_day(day: date, tz: tzinfo) -> datetime:
    """Return the instant in UTC at which the local day is over."""
    return midnight(day + timedelta(days=1), tz)


def local_date(instant: datetime, tz: tzinfo) -> date:
    """Return the local day in which the instant lies."""
    return instant.astimezone(tz).date()


def periods(cadence: Duration, tz: tzinfo, start: datetime, end: datetime) -> tuple[Window, ...]:
    """Return the calendar periods of the cadence that touch [start, end), oldest first, whole.

    Months, quarters from January, halves, years, ISO weeks and days; raises `ValueError` for other cadences.
    """
    step = _step(cadence)
    first = _first(local_date(start, tz), cadence)
    found: list[Window] = []
    count = 0
    while (begins := midnight(first + step * count, tz)) < end:
        count += 1
        ends = midnight(first + step * count, tz)
        if begins < ends and ends > start:  # a zone can skip a whole day
            found.append(Window(begins, ends))
    return tuple(found)


def _step(cadence: Duration) -> relativedelta:
    if cadence.months in {1, 3, 6, 12} and not cadence.exact:
        return relativedelta(months=cadence.months)
    if not cadence.months and cadence.exact in {timedelta(days=1), timedelta(weeks=1)}:
        return relativedelta(days=cadence.exact.days)
    raise ValueError(f"there are no calendar periods of {cadence.text or iso(cadence)}: use {_CADENCES}")


def _first(day: date, cadence: Duration) -> date:
    if cadence.months:
        return date(day.year, (day.month - 1) // cadence.months * cadence.months + 1, 1)
    return day - timedelta(days=day.weekday()) if cadence.exact == timedelta(weeks=1) else day


def last_chances(start: datetime, end: datetime) -> list[int]:
    """Return the days before the end at which the last chance of a period of that length is told, the most first."""
    last = (end - start) / LAST_CHANCE_PART
    return [days for days in LAST_CHANCE_DAYS if timedelta(days=days) <= last]
