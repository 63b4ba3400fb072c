"""One page: how it is asked for, and how items are found in it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jmespath  # type: ignore[import-untyped]  # it ships no types
from botocore.response import StreamingBody

from agent.clients.aws.api import Key
from agent.clients.aws.http import CHUNK, bound
from agent.clients.deadline import Deadline

BODY_LIMIT = 1 << 28
"""The largest streamed body that is read as one answer, in bytes."""


def sent(
    method: Callable[..., dict[str, Any]], parameters: dict[str, Any], deadline: Deadline, attempt: int,
) -> dict[str, Any]:
    """Return the answer to one request; `attempt` is how often we asked before, beside botocore's own attempts."""
    with bound(deadline):
        page = _materialised(method(**parameters))
    meta = page.setdefault("ResponseMetadata", {})
    meta["RetryAttempts"] = meta.get("RetryAttempts", 0) + attempt
    return page


@functools.lru_cache(maxsize=512)
def _compiled(key: str) -> Any:
    return jmespath.compile(key)


def finder(key: Key) -> Callable[[dict[str, Any]], Any]:
    """Return the function that finds the items in a page."""
    if callable(key):
        return key
    return (lambda page: page) if key == "@" else _compiled(key).search


def listed(found: Any) -> list[Any]:
    """Return what was found as a list: nothing is empty, one answer is one item."""
    if found is None:
        return []
    if isinstance(found, dict):
        found.pop("ResponseMetadata", None)
        return [found]
    return found if isinstance(found, list) else list(found)


def retries(page: dict[str, Any]) -> int:
    """Return how often the page was asked for in vain before it came."""
    return int(page.get("ResponseMetadata", {}).get("RetryAttempts", 0))


def _materialised(page: dict[str, Any]) -> dict[str, Any]:
    """Return the answer with a streamed body read into bytes, within the deadline of the call."""
    for name, value in page.items():
        if isinstance(value, StreamingBody):
            pieces, size = [], 0
            for piece in value.iter_chunks(CHUNK):
                size += len(piece)
                if size > BODY_LIMIT:
                    raise ValueError(f"the body is larger than {BODY_LIMIT} bytes")
                pieces.append(piece)
            page[name] = b"".join(pieces)
    return page
