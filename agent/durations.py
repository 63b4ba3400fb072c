"""ISO 8601 durations as text: read and written, nothing computed with a calendar."""

from __future__ import annotations

import re
from datetime import timedelta

from agent.model import Duration

_DURATION = re.compile(
    r"P(?=.)(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,5})W)?(?:(\d{1,6})D)?"
    r"(?:T(?=.)(?:(\d{1,7})H)?(?:(\d{1,8})M)?(?:(\d{1,10})S)?)?",
    re.ASCII,
)


def duration(text: str) -> Duration:
    """Return the duration of `P3M`, `P1Y6M`, `P2W`, `P1DT12H`; raises `ValueError` where it is none or nothing."""
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not an ISO 8601 duration such as P1D, P3M, P2W or PT12H")
    years, months, weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    exact = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    whole = Duration(months=years * 12 + months, exact=exact, text=text)
    if not whole.months and not whole.exact:
        raise ValueError(f"{text!r} lasts no time at all")
    return whole


def span(text: str) -> timedelta:
    """Return the length of a duration without years and months; raises `ValueError` where it has them."""
    whole = duration(text)
    if whole.months:
        raise ValueError(f"{text!r} has months or years, whose length is not fixed: say weeks, days, hours or minutes")
    return whole.exact


def written(length: timedelta) -> str:
    """Return the duration as text, `P1DT12H`; parts of a second are dropped."""
    minutes, seconds = divmod(int(length.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    clock = "".join(f"{count}{unit}" for count, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if count)
    return f"P{f'{days}D' if days else ''}{f'T{clock}' if clock else ''}" if days or clock else "PT0S"
