"""One setting of one resource as a row: its id, and its value as text."""

from __future__ import annotations

import json
from typing import Any

from agent.model import Configuration


def setting(resource: str, name: str, value: Any, part: str = "") -> Configuration:
    """Return the row of a setting; `part` tells several of one name apart."""
    place = f"{name}/{part}" if part else name
    return Configuration(f"{resource}#{place}", resource=resource, setting=name, value=text(value))


def text(value: Any) -> str | None:
    """Return plain text of a scalar, JSON of anything else, None of None."""
    return value if value is None or isinstance(value, str) else json.dumps(value, sort_keys=True)
