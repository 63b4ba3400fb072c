"""One exchange with Azure over azure-core's pipeline: our origin only, our patience, a bounded body."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import orjson
import requests
from azure.core import PipelineClient
from azure.core.exceptions import ServiceResponseTimeoutError
from azure.core.pipeline.policies import UserAgentPolicy
from azure.core.pipeline.transport import RequestsTransport
from azure.core.rest import HttpRequest
from requests.adapters import HTTPAdapter

from agent import __version__
from agent.clients.azure.answers import Answer, ForeignError, LateError, TooLargeError
from agent.clients.azure.methods import Asked, Method
from agent.clients.azure.places import Places, places
from agent.clients.azure.scope import AzureScope
from agent.clients.azure.throttle import Throttle
from agent.clients.bundle import bundle
from agent.clients.deadline import Deadline
from agent.clients.microsoft.tokens import Tokens
from agent.clients.throttle import told

CALL_SECONDS = 900.0
"""The most that one page may take with all that it waits for: a used-up budget asks for minutes at times."""
EXCHANGE_SECONDS = 120.0
"""The most that one exchange may take."""
CONNECT_SECONDS = 10.0
BODY_LIMIT = 1 << 25
"""The largest body that is read as one page, in bytes."""
POOL = 32
"""Connections kept to one host: as many as threads may share it."""

Sleep = Callable[[float, threading.Event], None]


def pinned(link: str, base: str) -> None:
    """Raise `ForeignError` unless a link stays at the origin that tokens are meant for."""
    theirs, ours = urlsplit(link), urlsplit(base)
    same = _origin(theirs) == _origin(ours)
    if not same or theirs.username is not None:
        raise ForeignError(f"a link leads to {theirs.scheme}://{theirs.hostname}, which is not ours")


def _origin(parts: Any) -> tuple[str, str | None, int | None]:
    """Return scheme, host and port; some services write the port that goes without saying."""
    return parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else None)


def sleep(seconds: float, stop: threading.Event) -> None:
    """Wait, and stop waiting when the agent stops."""
    stop.wait(seconds)


@dataclass(slots=True)
class Wire:
    """One scope's way to Azure: what all of its runs share."""

    scope: AzureScope
    tokens: Tokens
    throttle: Throttle = field(default_factory=Throttle)
    sleep: Sleep = sleep
    paced: bool = True
    call_seconds: float = CALL_SECONDS
    chance: Callable[[], float] = random.random
    _client: PipelineClient[Any, Any] | None = None
    _process: int = 0
    _making: threading.Lock = field(default_factory=threading.Lock)
    _heard: tuple[datetime, float] | None = None

    @property
    def places(self) -> Places:
        """Return where this scope's Azure is."""
        return places(self.scope)

    def base(self, method: Method) -> str:
        """Return the origin of an operation: every request and every link of it must begin with it."""
        return self.places.logs if method.host == "logs" else self.places.arm

    def audience(self, method: Method) -> str:
        """Return what a token for an operation is for."""
        return self.places.logs_audience if method.host == "logs" else self.places.arm_audience

    def exchange(self, method: Method, asked: Asked, deadline: Deadline, claims: str = "") -> Answer:
        """Return the answer to one request; raises what `failures.CAUGHT` names."""
        pinned(asked.url, self.base(method))
        token = self.tokens.token(claims, self.audience(method))
        within = deadline.within(EXCHANGE_SECONDS)
        request = HttpRequest(asked.verb, asked.url, headers={"Accept": "application/json"})
        if asked.body is not None:
            request = HttpRequest(
                asked.verb, asked.url, content=orjson.dumps(dict(asked.body)),
                headers={"Accept": "application/json", "Content-Type": "application/json"},
            )
        request.headers["Authorization"] = f"Bearer {token}"
        left = max(within.left(), 0.05)
        response = self._pipeline().send_request(
            request, stream=True, connection_timeout=min(CONNECT_SECONDS, left), read_timeout=left,
        )
        with response:
            body = _body(response, within)
        headers = {name.lower(): value for name, value in response.headers.items()}
        if now := told(headers.get("date")):
            self._heard = now, time.monotonic()
        return Answer(response.status_code, headers, body)

    def _pipeline(self) -> PipelineClient[Any, Any]:
        """Return the pipeline, made anew after a fork; neither redirects nor retries: both are ours to judge."""
        with self._making:
            if self._client is None or self._process != os.getpid():
                self._client, self._process = _made(self.places.arm), os.getpid()
            return self._client

    def clock(self) -> datetime | None:
        """Return what time it is at Azure, None until it answered something."""
        if self._heard is None:
            return None
        told, at = self._heard
        return told + timedelta(seconds=time.monotonic() - at)

    def pause(self, attempt: int) -> float:
        """Return how long to wait after an answer that was broken or a connection that was cut."""
        return float(min(20.0, 2.0**attempt) * (0.5 + self.chance() / 2))


def _made(base: str) -> PipelineClient[Any, Any]:
    session = requests.Session()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.auth = _as_it_is
    session.mount("https://", HTTPAdapter(pool_maxsize=POOL, max_retries=0))
    verify = {"connection_verify": bundle()} if bundle() else {}
    transport = RequestsTransport(session=session, session_owner=False, **verify)
    agent = UserAgentPolicy(base_user_agent=f"annexa/{__version__}", user_agent_use_env=False)
    return PipelineClient(base, transport=transport, policies=[agent])


def _as_it_is(request: Any) -> Any:
    """Return a request with the token that it has: without this, requests puts a password of ~/.netrc in its place."""
    return request


def _body(response: Any, within: Deadline) -> bytes:
    pieces, size = [], 0
    try:
        for piece in response.iter_bytes():
            size += len(piece)
            if size > BODY_LIMIT:
                raise TooLargeError(f"the body is larger than {BODY_LIMIT} bytes")
            if within.passed:
                raise LateError
            pieces.append(piece)
    except ServiceResponseTimeoutError:
        raise LateError from None
    return b"".join(pieces)
