"""`--as-of`: an instant, or a day in the organization's time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo

import typer

HINT = "Write 2026-12-07 or 2026-12-07T09:00:00Z"


def check(text: str | None) -> str | None:
    """Return the text where it says a day or an instant; the callback of the option."""
    if text is not None:
        _read(text)
    return text


def _read(text: str) -> date | datetime:
    try:
        if len(text) == len("2026-12-07"):
            return date.fromisoformat(text)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no date and no RFC 3339 instant. {HINT}") from None
    if moment.tzinfo is None:
        raise typer.BadParameter(f"{text!r} does not say its time zone. {HINT}")
    return moment


def instant(text: str | None, zone: tzinfo) -> datetime | None:
    """Return the instant that was asked for, a day as its local midnight; None: now."""
    if text is None:
        return None
    said = _read(text)
    if isinstance(said, datetime):
        return said.astimezone(UTC)
    from agent.calendar import midnight

    return midnight(said, zone)


__all__ = ["HINT", "check", "instant"]
