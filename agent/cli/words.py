"""States, instants and numbers as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum

from rich.text import Text

from agent.cli.screen import Signs
from agent.model import Conclusion, Coverage, Freshness, Outcome, PeriodState

GOOD, WARN, BAD, UNKNOWN, NONE = "ok", "warn", "bad", "unknown", "none"
_STYLES = {GOOD: "green", WARN: "yellow", BAD: "red", UNKNOWN: "cyan", NONE: "dim"}
_LEVELS: Mapping[StrEnum, str] = {
    Freshness.FRESH: GOOD, Freshness.EXPIRING: WARN, Freshness.STALE: BAD, Freshness.MISSING: BAD,
    Coverage.COMPLETE: GOOD, Coverage.DUE: WARN, Coverage.LATE: WARN, Coverage.GAP: BAD,
    Conclusion.NO_EXCEPTIONS: GOOD, Conclusion.UNKNOWN: UNKNOWN, Conclusion.DEFICIENT: BAD,
    Outcome.SUCCEEDED: GOOD, Outcome.PARTIAL: WARN, Outcome.FAILED: BAD,
    PeriodState.COVERED: GOOD, PeriodState.COVERED_LATE: WARN, PeriodState.GAP: BAD, PeriodState.UNOBSERVED: UNKNOWN,
    PeriodState.DUE: WARN, PeriodState.UPCOMING: NONE, PeriodState.OPTIONAL: NONE,
}
WEIGHTS = {BAD: 3, WARN: 2, UNKNOWN: 1, GOOD: 0, NONE: 0}
"""How much a level weighs where answers are listed worst first."""


def level(state: StrEnum | None) -> str:
    """Return how good a state is: ok, warn, bad, unknown or none."""
    return NONE if state is None else _LEVELS[state]


def marked(text: str, of: str, signs: Signs) -> Text:
    """Return the text with the sign and the colour of a level."""
    return Text(f"{getattr(signs, of)} {text}", style=_STYLES[of])


def word(state: StrEnum | None) -> str:
    """Return a state in words."""
    return "none" if state is None else str(state).replace("_", " ")


def state(value: StrEnum | None, signs: Signs) -> Text:
    """Return a state in words, with its sign."""
    return marked(word(value), level(value), signs)


def coverage(value: StrEnum | None, unowed: str, signs: Signs) -> Text:
    """Return coverage in words; `unowed` instead where no period was owed, for then nothing is complete."""
    return marked(unowed, NONE, signs) if unowed else state(value, signs)


def moment(instant: datetime | None, zone: tzinfo) -> str:
    """Return an instant as local date and time, to the minute."""
    return "never" if instant is None else f"{instant.astimezone(zone):%Y-%m-%d %H:%M}"


def day(instant: datetime | None, zone: tzinfo) -> str:
    """Return the local day of an instant."""
    return "" if instant is None else instant.astimezone(zone).date().isoformat()


def last_day(end: datetime, zone: tzinfo) -> str:
    """Return the local day that ends at the instant."""
    return day(end - timedelta(microseconds=1), zone)


def days_until(instant: datetime, now: datetime, zone: tzinfo) -> int:
    """Return how many local days lie between two instants, negative where the first is past."""
    return (instant.astimezone(zone).date() - now.astimezone(zone).date()).days


def distance(days: int) -> str:
    """Return a number of days as people say it: today, in 12 days, 3 days ago."""
    if days == 0:
        return "today"
    many = f"{abs(days):,} day{'' if abs(days) == 1 else 's'}"
    return f"in {many}" if days > 0 else f"{many} ago"


def count(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def utc(instant: datetime) -> datetime:
    """Return the instant in UTC, a naive one being UTC already."""
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
