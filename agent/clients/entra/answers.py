"""One page of Graph: whether it is one, its items, its link, and what it says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

from agent.clients.entra.wire import Answer
from agent.clients.throttle import retry_after

LINK = "@odata.nextLink"


class BrokenError(Exception):
    """An answer came and is none: half of it, or something else in its place."""


@dataclass(frozen=True, slots=True)
class RefusedError(Exception):
    """Graph's own error: the status, its code and message, and when to come back where it says so."""

    status: int
    code: str
    message: str
    request: str
    after: float | None

    def __str__(self) -> str:
        return f"{self.code or self.status}: {self.message}".rstrip(": ")


@dataclass(frozen=True, slots=True)
class Part:
    """One answer of a batch: as an answer of its own, its body decoded with the batch."""

    status: int
    headers: Mapping[str, str]
    body: Any


def request_id(headers: Mapping[str, str]) -> str:
    """Return Graph's id of the request behind an answer."""
    return headers.get("request-id") or ""


def read(answer: Answer) -> dict[str, Any]:
    """Return the body of an answer; raises `RefusedError` and `BrokenError`."""
    try:
        body = orjson.loads(answer.body)
    except orjson.JSONDecodeError as error:
        if answer.status < 300:
            raise BrokenError(f"the answer is no JSON ({error})") from None
        body = {}
    return told(answer.status, answer.headers, body)


def told(status: int, headers: Mapping[str, str], body: Any) -> dict[str, Any]:
    """Return a body if its status is good and it is an object; raises `RefusedError` and `BrokenError`."""
    if status >= 300:
        raise _refused(status, headers, body)
    if not isinstance(body, dict):
        raise BrokenError("the answer is no JSON object")
    return body


def parts(batch: dict[str, Any]) -> dict[str, Part]:
    """Return the answers that a batch holds by the id of their question; raises `BrokenError` where it holds none."""
    found = batch.get("responses")
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise BrokenError("the answer is no batch")
    return {
        str(one.get("id")): Part(one["status"], httpx.Headers(_headers(one)), one.get("body"))
        for one in found if isinstance(one.get("status"), int)
    }


def _headers(part: dict[str, Any]) -> dict[str, str]:
    found = part.get("headers")
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}


def items(page: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the items of a page; raises `BrokenError` where it has no list of them."""
    found = page.get("value")
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise BrokenError("the answer has no list of items")
    return found


def link(page: dict[str, Any]) -> str:
    """Return where the next page is, '' after the last; raises `BrokenError` where it is no text."""
    found = page.get(LINK) or ""
    if not isinstance(found, str):
        raise BrokenError("the link to the next page is no text")
    return found


def _refused(status: int, headers: Mapping[str, str], said: Any) -> RefusedError:
    error = said.get("error") if isinstance(said, dict) else None
    error = error if isinstance(error, dict) else {}
    return RefusedError(
        status, str(error.get("code") or ""), str(error.get("message") or ""), request_id(headers),
        retry_after(headers),
    )
