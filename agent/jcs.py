"""Canonical JSON (RFC 8785): the bytes of a record that every language can make again."""

from __future__ import annotations

import re
from typing import Any

import orjson
import rfc8785

from agent.errors import VerificationError

_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER
_WIDE = re.compile(rb"[\xf0-\xf4]")
"""A character beyond the basic plane: UTF-16, by which RFC 8785 sorts keys, orders it otherwise than UTF-8."""
_OTHER = re.compile(rb"[:\[,]-?[0-9]+(?:\.0[,\]}]|[.0-9]*e)")
"""A number that orjson writes otherwise than ECMAScript: `600.0`, `1e16`; in a string it does no harm."""


def canonical(record: Any) -> bytes:
    """Return the value as RFC 8785 has it; raises `VerificationError` where JSON cannot hold it exactly."""
    try:
        if isinstance(record, (dict, list)):
            data = orjson.dumps(record, None, _OPTIONS)
            if _same(data):
                return data
            data = orjson.dumps(_whole(record), None, _OPTIONS)
            if _same(data):
                return data
        return rfc8785.dumps(record)
    except (orjson.JSONEncodeError, rfc8785.CanonicalizationError, RecursionError) as error:
        raise VerificationError(f"A record has no canonical JSON: {error}") from error


def _same(data: bytes) -> bool:
    """Return whether orjson's bytes are those of RFC 8785."""
    return not _OTHER.search(data) and (data.isascii() or not _WIDE.search(data))


def _whole(value: Any) -> Any:
    """Return the value with each float that is a whole number within 2^53 as one."""
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    if isinstance(value, dict):
        return {key: _whole(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_whole(one) for one in value]
    return value
