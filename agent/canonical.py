"""One way to write bytes: a record as a line of NDJSON, and JSON that is hashed or signed.

Times are RFC 3339 in UTC with Z, bytes base64, integers beyond 2^53 strings (design section 3).
"""

from __future__ import annotations

import base64
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson

_SAFE = 2**53
_TIMES = orjson.OPT_NAIVE_UTC | orjson.OPT_UTC_Z
_LINE = orjson.OPT_APPEND_NEWLINE | _TIMES
_STRICT_LINE = _LINE | orjson.OPT_STRICT_INTEGER
# orjson sorts the keys of dicts alone, so dataclasses become dicts first.
_SORTED = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS | _TIMES


def timestamp(moment: datetime) -> str:
    """Return the instant as RFC 3339 in UTC, `2026-12-07T00:00:00Z`; a naive time is taken as UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _default(value: object) -> Any:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return base64.b64encode(value).decode()
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if isinstance(value, Decimal):
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: getattr(value, f.name) for f in fields(value)}
    raise TypeError(f"{type(value).__name__} has no JSON form here")


def _plain(value: Any) -> Any:
    """Return the value with what orjson refuses made plain: wide integers, lone surrogates, odd keys."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return value if -_SAFE < value < _SAFE else str(value)
    if isinstance(value, dict):
        return {str(_plain(k)): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    return value


def _dumps(value: Any, options: int) -> bytes:
    try:
        # OPT_STRICT_INTEGER makes orjson refuse integers beyond 53 bits, so that they take the slow road.
        return orjson.dumps(value, _default, options | orjson.OPT_STRICT_INTEGER)
    except (orjson.JSONEncodeError, RecursionError):
        return orjson.dumps(_plain(value), _default, options)


def line(value: Any) -> bytes:
    """Return one line of NDJSON, newline included."""
    try:  # as `_dumps`, whose call alone is felt where a million records are written
        return orjson.dumps(value, _default, _STRICT_LINE)
    except (orjson.JSONEncodeError, RecursionError):
        return _dumps(value, _LINE)


def document(value: Any) -> bytes:
    """Return JSON with sorted keys and no spaces: what is signed or hashed as a whole."""
    return _dumps(value, _SORTED)


def loads(data: bytes | str) -> Any:
    """Return the value of JSON bytes; raises `ValueError` where they are not JSON."""
    return orjson.loads(data)
