"""One setting of one resource as a row: its id, and its value as text."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from agent.model import Configuration


def setting(resource: str, name: str, value: Any, part: str = "") -> Configuration:
    """Return the row of a setting; `part` tells several of one name apart (the rules of a plan)."""
    place = f"{name}/{part}" if part else name
    return Configuration(f"{resource}#{place}", resource=resource, setting=name, value=text(value))


def text(value: Any) -> str | None:
    """Return plain text of a scalar, JSON of anything else, None of None; times are RFC 3339 in UTC."""
    if value is None or isinstance(value, str):
        return value
    return time(value) if isinstance(value, datetime) else json.dumps(value, default=time, sort_keys=True)


def time(value: datetime) -> str:
    """Return `2026-05-02T03:00:00Z`."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
