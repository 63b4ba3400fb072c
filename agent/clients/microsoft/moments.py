"""Times and texts of Microsoft Graph and Azure: ISO 8601 in UTC with up to seven digits after the second."""

from __future__ import annotations

from datetime import UTC, datetime

NEVER = "0001-01-01T00:00:00Z"
"""What is said where something never happened."""


def moment(text: str | None) -> datetime | None:
    """Return the instant, None where none is named; raises `ValueError` for what is no time."""
    if not text or text == NEVER:
        return None
    found = datetime.fromisoformat(text)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def literal(instant: datetime) -> str:
    """Return an instant as a filter takes it."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def quoted(text: str) -> str:
    """Return a text as a filter takes it: in quotes, those within it doubled."""
    return "'" + text.replace("'", "''") + "'"
