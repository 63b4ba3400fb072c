"""Whether values are of the types that a kind declares, and answers with hostile texts put in."""

from __future__ import annotations

import re
import types
import typing
from datetime import datetime
from typing import Any

HOSTILE = "=cmd|' /C calc'!A1 </script>\u202e\U0001f525 '\"; DROP TABLE records; --"
FREE_TEXT = re.compile(r"(description|message|title|comment|reason|value|displayName|category)$", re.IGNORECASE)


def fits(value: Any, hint: Any) -> bool:
    """Return whether a value is of a declared type."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return any(fits(value, one) for one in inner)
    if hint is typing.Any:
        return True
    if origin is list:
        return isinstance(value, list) and all(fits(one, inner[0]) for one in value)
    if origin is dict:
        return isinstance(value, dict) and all(fits(k, inner[0]) and fits(v, inner[1]) for k, v in value.items())
    if hint is datetime:
        return isinstance(value, datetime) and value.tzinfo is not None
    return type(value) is hint or (hint is float and type(value) is int)


def hostile(value: Any, name: str = "") -> Any:
    """Return an answer with a hostile text behind every free text of it."""
    if isinstance(value, dict):
        return {key: inner if key in ("when", "error") else hostile(inner, str(key)) for key, inner in value.items()}
    if isinstance(value, list):
        return [hostile(one, name) for one in value]
    return value + HOSTILE if isinstance(value, str) and FREE_TEXT.search(name) else value
