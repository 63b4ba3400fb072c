"""Texts of providers, made fit for one line."""

from __future__ import annotations

import re

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]+")

_END = re.compile(r"[.!](?:\s|$)")


def plain(text: object, limit: int = 300) -> str:
    """Return one line of a provider's text: no control or direction characters, no more than `limit` long."""
    return _CONTROL.sub(" ", str(text)).strip()[:limit]


def sentence(text: object, limit: int = 300) -> str:
    """Return the first sentence of a provider's or an SDK's text without its full stop: the advice is our own."""
    lines = str(text).strip().splitlines()
    return plain(_END.split(lines[0], maxsplit=1)[0] if lines else "", limit)
