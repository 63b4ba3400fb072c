"""Times that AWS writes as text."""

from __future__ import annotations

from datetime import UTC, datetime


def instant(text: str | None) -> datetime | None:
    """Return the time that an ISO 8601 text names, in UTC where it names no zone; None where it names none."""
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:  # products of others write what they like into Security Hub
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
