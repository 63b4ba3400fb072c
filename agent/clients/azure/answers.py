"""One page of Azure: whether it is one, its items, where the next is, and what it says is lacking."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from agent.clients.azure.methods import Method
from agent.clients.azure.throttle import resets
from agent.clients.throttle import retry_after


class BrokenError(Exception):
    """An answer came and is none: half of it, or something else in its place."""


class TooLargeError(Exception):
    """A body that is larger than any page."""


class LateError(Exception):
    """The time of a call is over."""


class ForeignError(Exception):
    """A link leads away from the origin that the scope names."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, the headers in lower case, the body as it was."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class RefusedError(Exception):
    """Azure's own error: the status, its code and message, and when to come back where it says so."""

    status: int
    code: str
    message: str
    request: str = ""
    after: float | None = None
    claims: str = ""
    """What a token must hold besides, in base64, where the refusal asks for it."""

    def __str__(self) -> str:
        return f"{self.code or self.status}: {self.message}".rstrip(": ")


def request_id(headers: Mapping[str, str]) -> str:
    """Return Azure's id of the request behind an answer."""
    return headers.get("x-ms-request-id") or headers.get("x-ms-correlation-request-id") or ""


def read(answer: Answer) -> dict[str, Any]:
    """Return the body of an answer; raises `RefusedError` and `BrokenError`."""
    if answer.status >= 300:
        raise _refused(answer)
    try:
        body = orjson.loads(answer.body)
    except orjson.JSONDecodeError as error:
        raise BrokenError(f"the answer is no JSON ({error})") from None
    if not isinstance(body, dict):
        raise BrokenError("the answer is no JSON object")
    return body


def items(method: Method, page: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the items of a page; raises `BrokenError` where it has no list of them."""
    found = page.get(method.items)
    if method.items == "tables" and isinstance(found, list):
        return [row for table in found for row in rows(table)]
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise BrokenError("the answer has no list of items")
    return found


def rows(table: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of a table of Log Analytics by the names of its columns."""
    try:
        names = [column["name"] for column in table["columns"]]
        return [dict(zip(names, row, strict=True)) for row in table["rows"]]
    except (KeyError, TypeError, ValueError):
        raise BrokenError("the answer has no table") from None


def following(method: Method, page: dict[str, Any]) -> str:
    """Return the link or token of the next page, '' after the last; raises `BrokenError` where it is no text."""
    found = (page.get(method.link) or "") if method.link else ""
    if not isinstance(found, str):
        raise BrokenError("the link to the next page is no text")
    return found


def truncated(page: dict[str, Any]) -> bool:
    """Return whether Resource Graph says that it has cut off rows."""
    return str(page.get("resultTruncated", "")).lower() == "true"


def lacks(method: Method, page: dict[str, Any], headers: Mapping[str, str]) -> Iterator[str]:
    """Yield what an answer with status 200 says that it has left out."""
    if headers.get("x-ms-tenant-subscription-limit-hit", "").lower() == "true":
        yield "only the first 10,000 subscriptions of the tenant were searched"
    if truncated(page) and not following(method, page):
        yield f"truncated: {page.get('count')} of {page.get('totalRecords')} rows, and no token for the rest"
    error = page.get("error")
    if isinstance(error, dict):
        yield f"{error.get('code')}: {error.get('message')}"


def _refused(answer: Answer) -> RefusedError:
    error = _error_of(answer.body)
    code, message = error.get("code") or error.get("Code"), error.get("message") or error.get("Message")
    after = retry_after(answer.headers)
    return RefusedError(
        answer.status, str(code or ""), str(message or ""), request_id(answer.headers),
        resets(answer.headers) if after is None else after, _claims(answer.headers.get("www-authenticate", "")),
    )


def _error_of(body: bytes) -> dict[str, Any]:
    """Return the error of a body: below `error` as most write it, or at the top as some do."""
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    error = said.get("error", said) if isinstance(said, dict) else {}
    return error if isinstance(error, dict) else {"message": error}


def _claims(challenge: str) -> str:
    _, found, rest = challenge.partition('claims="')
    return rest.partition('"')[0] if found else ""
