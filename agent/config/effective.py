"""The configuration as it holds, without its secrets: to show, to keep, and to compare."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from agent import canonical, durations
from agent.config import keeping, shape
from agent.config.keeping import Retention
from agent.config.model import Config, Schedules
from agent.config.scopes import Scope
from agent.config.secret import Secret
from agent.masking import Redaction
from agent.model import Duration


def dump(config: Config) -> dict[str, Any]:
    """Return every key with its effective value as JSON would have it; a secret as `${NAME}`, or `***`."""
    return _part(config, config.folder)


def digest(config: Config) -> str:
    """Return `sha256:…` of the effective configuration: the same where nothing but a secret's value changed."""
    return f"sha256:{hashlib.sha256(canonical.document(dump(config))).hexdigest()}"


def _part(part: Any, folder: Path) -> dict[str, Any]:
    said: dict[str, Any] = {"provider": part.provider} if isinstance(part, Scope) else {}
    for name, item in shape.keys(type(part)).items():
        value = getattr(part, name)
        if value == () and item.kind.empty:
            said[item.name] = item.kind.empty
        elif value is not None and value != "":
            said[item.name] = _plain(value, folder)
    return said


def _plain(value: Any, folder: Path) -> Any:
    if isinstance(value, Schedules):
        default = {} if value.default is None else {"default": value.default}
        return _plain({**default, **value.by}, folder)
    if isinstance(value, Retention):
        return _plain(keeping.plain(value), folder)
    if isinstance(value, Redaction):
        return _plain(value.by, folder)
    if isinstance(value, Mapping):
        return {name: _plain(child, folder) for name, child in value.items()}
    if isinstance(value, tuple):
        return [_plain(child, folder) for child in value]
    return _part(value, folder) if _is_part(value) else _scalar(value, folder)


def _is_part(value: Any) -> bool:
    return hasattr(type(value), "__dataclass_fields__") and not isinstance(value, Duration)


def _scalar(value: Any, folder: Path) -> Any:
    if isinstance(value, Secret):
        return value.origin or "***"
    if isinstance(value, Path):
        return str(value.relative_to(folder)) if value.is_relative_to(folder) else str(value)
    if isinstance(value, ZoneInfo):
        return value.key
    if isinstance(value, Duration):
        return value.text
    if isinstance(value, timedelta):
        return durations.written(value)
    if isinstance(value, datetime):
        return canonical.timestamp(value)
    return value.isoformat() if isinstance(value, date) else value
