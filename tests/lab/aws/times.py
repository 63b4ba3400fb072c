"""Instants from requests, which the parser leaves without a zone, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime


def aware(at: datetime) -> datetime:
    """Return the instant with its zone."""
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def after(at: datetime, start: datetime | None, end: datetime | None) -> bool:
    """Return whether an instant lies between two that may be missing, both ends in."""
    return (start is None or at >= aware(start)) and (end is None or at <= aware(end))
