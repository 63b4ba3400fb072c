"""Times as Google writes them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_FRACTION = re.compile(r"(\.\d{6})\d+")
_NEVER = 1971


def instant(text: str | None) -> datetime | None:
    """Return the time of an RFC 3339 text in UTC, None where it names none; nanoseconds are cut off."""
    if not text:
        return None
    try:
        at = datetime.fromisoformat(_FRACTION.sub(r"\1", text))
    except ValueError:
        return None
    at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    return at if at.year >= _NEVER else None


def written(at: datetime) -> str:
    """Return `2026-05-02T03:00:00Z`, with microseconds where there are any."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def seconds(text: str | None) -> float | None:
    """Return the seconds of a duration such as `7776000s`, None where it is none."""
    try:
        return float(text.removesuffix("s")) if text else None
    except ValueError:
        return None


def duration(start: datetime | None, end: datetime | None) -> float | None:
    """Return the seconds between two times, None where one of them is not known."""
    return (end - start) / timedelta(seconds=1) if start and end else None
