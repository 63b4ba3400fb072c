"""One setting of one resource as a row: its id, and its value as text."""

from __future__ import annotations

import json
from typing import Any

from agent.model import Configuration


def setting(resource: str, name: str, value: Any) -> Configuration:
    """Return the row of a setting: plain text of a scalar, JSON of anything else, None of None."""
    text = value if value is None or isinstance(value, str) else json.dumps(value, sort_keys=True)
    return Configuration(f"{resource}#{name}", resource=resource, setting=name, value=text)


def word(value: bool | None) -> str | None:
    """Return `true` or `false` as a tag has it, None of None."""
    return None if value is None else "true" if value else "false"
