"""Times of AWS as aware times in UTC; botocore's own parser takes a fifth of all parsing to make local ones."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from botocore.utils import parse_timestamp


def moment(value: Any) -> datetime:
    """Return the instant of a number of seconds, an ISO 8601 or an RFC 822 text; raises `ValueError`."""
    try:
        if isinstance(value, str):
            return _of_text(value)
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, OSError, TypeError, ValueError) as error:
        raise ValueError(f"no time: {value!r:.60}") from error


def _of_text(text: str) -> datetime:
    try:
        return _aware(datetime.fromisoformat(text))
    except ValueError:
        parsed: datetime = parse_timestamp(text)
        return _aware(parsed)


def _aware(parsed: datetime) -> datetime:
    """Return the time in UTC; one without a zone is in UTC already."""
    return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
