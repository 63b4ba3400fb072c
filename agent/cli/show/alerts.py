"""The alerts that hold, as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Any

from agent.cli import words
from agent.cli.screen import Column, Screen


def alerts(screen: Screen, listed: Sequence[Any], zone: tzinfo) -> None:
    """Print one line for each alert."""
    if not listed:
        screen.line(words.marked("nothing calls anybody now", words.GOOD, screen.signs))
        return
    names = [name for name in _names(listed[0]) if any(_value(one, name) not in (None, "", ()) for one in listed)]
    screen.table([Column(name.replace("_", " ").capitalize(), flexible=True) for name in names],
                 ([_text(_value(one, name), zone) for name in names] for one in listed))


def _names(one: Any) -> list[str]:
    return list(one) if isinstance(one, dict) else list(type(one).__dataclass_fields__)


def _value(one: Any, name: str) -> Any:
    return one[name] if isinstance(one, dict) else getattr(one, name)


def _text(value: Any, zone: tzinfo) -> str:
    if isinstance(value, datetime):
        return words.moment(value, zone)
    if isinstance(value, (list, tuple)):
        return ", ".join(str(one) for one in value)
    return "" if value is None else str(value)
