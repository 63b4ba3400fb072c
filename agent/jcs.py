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
_DEEP = {float, dict, list}


class _OtherwiseError(Exception):
    """A number that orjson writes otherwise than ECMAScript."""


def canonical(record: Any) -> bytes:
    """Return the value as RFC 8785 has it; raises `VerificationError` where JSON cannot hold it exactly.

    orjson writes the same bytes ten times as fast, but for some numbers and keys; these go to rfc8785.
    """
    try:
        try:
            data = orjson.dumps(_even(record), None, _OPTIONS)
            if data.isascii() or not _WIDE.search(data):
                return data
        except _OtherwiseError:
            pass
        return rfc8785.dumps(record)
    except (orjson.JSONEncodeError, rfc8785.CanonicalizationError, RecursionError) as error:
        raise VerificationError(f"A record has no canonical JSON: {error}") from error


def _even(value: Any) -> Any:
    """Return the value with whole floats as integers; raises `_OtherwiseError` for very small and large ones."""
    of = type(value)
    if of is dict:
        if _DEEP.isdisjoint(map(type, value.values())):
            return value
        return {key: _even(one) if type(one) in _DEEP else one for key, one in value.items()}
    if of is list:
        return value if _DEEP.isdisjoint(map(type, value)) else [_even(one) for one in value]
    if of is float:
        if value.is_integer() and abs(value) < 2**53:
            return int(value)
        if not 1e-4 < abs(value) < 1e15:
            raise _OtherwiseError
    return value
