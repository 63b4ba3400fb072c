"""One request to a REST API of Google, read whole and within its time, whatever comes back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import google.auth.exceptions
import requests
import urllib3

from agent.clients.deadline import Deadline
from agent.clients.gcp.credentials import Identity, lost
from agent.clients.gcp.errors import ApiError, BrokenError, LateError, UnreachableError, of_body
from agent.clients.gcp.methods import Rest
from agent.clients.throttle import retry_after

BODY_LIMIT = 1 << 28
"""The largest answer that is read, in bytes."""
CHUNK = 1 << 16
CONNECT = 10.0
EMPTY = 416
"""The HTTP status of a piece of what has no bytes."""
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


class Answered(dict[str, Any]):
    """An answer, with the headers that it came with."""

    headers: dict[str, str]


def send(identity: Identity, method: Rest, parameters: dict[str, Any], deadline: Deadline) -> Answered:
    """Return the answer; raises one of `errors`, or `ValueError` for parameters that make no request."""
    url, query, body = method.request(parameters)
    return _exchange(identity, _Asked(method.verb, url, query, body), _answered, deadline)


def piece(
    identity: Identity, method: Rest, parameters: dict[str, Any], asked: range, deadline: Deadline,
) -> Answered:
    """Return bytes of what is stored as `data`, with the `total` of all and the `generation`; raises as `send` does."""
    url, query, _ = method.request(parameters)
    headers = {"Range": f"bytes={asked.start}-{asked.stop - 1}", "Accept-Encoding": "identity"}
    return _exchange(
        identity, _Asked(method.verb, url, {**query, "alt": "media"}, None, headers),
        lambda answer, body: _piece(answer, body, asked), deadline,
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """One request."""

    verb: str
    url: str
    query: dict[str, Any]
    body: dict[str, Any] | None
    headers: dict[str, str] = field(default_factory=dict)


def _exchange(
    identity: Identity, asked: _Asked, understood: Callable[[Any, bytes], Answered], deadline: Deadline,
) -> Answered:
    url, headers = asked.url, dict(asked.headers)
    if identity.scope.endpoint:  # one address for every service: paths alone do not tell which of them is meant
        headers["X-Forwarded-Host"] = urlsplit(url).netloc
        url = identity.scope.endpoint.rstrip("/") + "/" + url.split("/", 3)[3]
    left = max(deadline.left(), 0.1)
    try:
        answer = identity.session().request(
            asked.verb, url, params=asked.query, json=asked.body, headers=headers, stream=True, allow_redirects=False,
            timeout=(min(CONNECT, left), left), max_allowed_time=left,
        )
        with answer:
            return understood(answer, _read(answer, deadline))
    except (requests.exceptions.Timeout, urllib3.exceptions.TimeoutError) as error:
        raise LateError(str(error)) from None
    except google.auth.exceptions.GoogleAuthError as error:
        raise lost(error) from None
    except (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError,
            urllib3.exceptions.HTTPError) as error:
        raise BrokenError(str(error)) from None
    except requests.exceptions.ConnectionError as error:
        raise (BrokenError if _cut(error) else UnreachableError)(str(error)) from None
    except requests.exceptions.RequestException as error:
        raise BrokenError(str(error)) from None


def _cut(error: Exception) -> bool:
    """Return whether the connection stood and was cut."""
    return "Connection aborted" in str(error) or "IncompleteRead" in str(error)


def _read(answer: Any, deadline: Deadline) -> bytes:
    pieces, size = [], 0
    for piece in answer.iter_content(CHUNK):
        size += len(piece)
        if size > BODY_LIMIT:
            raise BrokenError(f"the body is larger than {BODY_LIMIT} bytes")
        if deadline.passed:
            raise LateError("the body did not end")
        pieces.append(piece)
    return b"".join(pieces)


def _headers(answer: Any, body: bytes) -> dict[str, str]:
    """Return the headers of an answer; raises `ApiError` where it is an error, or leads elsewhere."""
    headers = {name.lower(): value for name, value in answer.headers.items()}
    request = headers.get("x-request-id", "") or headers.get("x-guploader-uploadid", "")
    if answer.status_code >= 400:
        raise of_body(answer.status_code, body, str(retry_after(headers) or ""), request)
    if answer.status_code >= 300:
        raise ApiError("UNKNOWN", answer.status_code, "leads to another address, which is not followed")
    return headers


def _answered(answer: Any, body: bytes) -> Answered:
    headers = _headers(answer, body)
    try:
        found = Answered(json.loads(body))  # nothing at all is no empty list: Google writes {}
    except (ValueError, TypeError, RecursionError) as error:
        raise BrokenError(f"no JSON object: {error}") from None
    found.headers = headers
    return found


def _piece(answer: Any, body: bytes, asked: range) -> Answered:
    """Return a piece of what is stored; raises `BrokenError` where it is not the one that was asked for, whole."""
    if answer.status_code == EMPTY and answer.headers.get("content-range") == "bytes */0":
        headers, body, told = {name.lower(): value for name, value in answer.headers.items()}, b"", (0, -1, 0)
    else:
        headers = _headers(answer, body)
        found = _RANGE.fullmatch(headers.get("content-range", ""))
        if found is None:
            raise BrokenError("a piece was asked for, and the answer does not say which it is")
        told = (int(found[1]), int(found[2]), int(found[3]))
    first, last, total = told
    if (first, last) != (asked.start, min(asked.stop, total) - 1) or len(body) != last - first + 1:
        raise BrokenError(f"bytes {asked.start} to {asked.stop - 1} were asked for, {len(body)} came from {first} on")
    whole = Answered(data=body, total=total, generation=headers.get("x-goog-generation", ""))
    whole.headers = headers
    return whole
