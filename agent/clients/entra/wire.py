"""One exchange with Microsoft Graph through the SDK's adapter: our origin only, our patience, a bounded body."""

from __future__ import annotations

import os
import random
import ssl
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
from kiota_abstractions.authentication import AuthenticationProvider
from kiota_abstractions.native_response_handler import NativeResponseHandler
from kiota_http.middleware import BaseMiddleware, ParametersNameDecodingHandler
from kiota_http.middleware.options import ResponseHandlerOption
from msgraph import GraphRequestAdapter
from msgraph.generated.base_graph_service_client import BaseGraphServiceClient
from msgraph_core import GraphClientFactory

from agent import __version__
from agent.clients.bundle import bundle
from agent.clients.deadline import Deadline
from agent.clients.entra.credentials import Tokens, places
from agent.clients.entra.loop import AT_ONCE, LOOP
from agent.clients.entra.scope import EntraScope
from agent.clients.entra.throttle import Throttle
from agent.clients.throttle import told

CALL_SECONDS = 900.0
"""The most that one page may take with all that it waits for: Graph asks for more than 180 s at times."""
EXCHANGE_SECONDS = 120.0
"""The most that one exchange may take."""
BODY_LIMIT = 1 << 25
"""The largest body that is read as one page, in bytes."""
VERSION = "v1.0"

Sleep = Callable[[float, threading.Event], None]


class ForeignError(Exception):
    """A link leads away from the origin that the scope names."""


class TooLargeError(Exception):
    """A body that is larger than any page."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, the headers, the body as it was."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _Pinned(AuthenticationProvider):  # type: ignore[misc]  # the SDK is left out of type checks
    """Gives the token to requests for our origin, and refuses to send any other."""

    def __init__(self, base: str, tokens: Tokens) -> None:
        self.base, self.tokens = base, tokens

    async def authenticate_request(self, request: Any, additional_authentication_context: Any = None) -> None:
        """Put the token on a request; raises `ForeignError` for another host, scheme, port or version."""
        pinned(request.url, self.base)
        claims = (additional_authentication_context or {}).get("claims", "")
        request.headers.remove("Authorization")
        request.headers.try_add("Authorization", f"Bearer {self.tokens.token(claims)}")


class _Bounded(BaseMiddleware):  # type: ignore[misc]  # as above
    """Stops reading a body that is larger than any page."""

    async def send(self, request: httpx.Request, transport: httpx.AsyncBaseTransport) -> httpx.Response:
        """Return the response with a body that ends in an error where it is too long."""
        response: httpx.Response = await super().send(request, transport)
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = _Short(response.stream)
        return response


class _Short(httpx.AsyncByteStream):
    def __init__(self, inner: httpx.AsyncByteStream) -> None:
        self.inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for piece in self.inner:
            size += len(piece)
            if size > BODY_LIMIT:
                raise TooLargeError(f"the body is larger than {BODY_LIMIT} bytes")
            yield piece

    async def aclose(self) -> None:
        await self.inner.aclose()


def pinned(link: str, base: str) -> None:
    """Raise `ForeignError` unless a link stays at the origin and version that tokens are meant for."""
    theirs, ours = urlsplit(link), urlsplit(base)
    same = (theirs.scheme, theirs.hostname, theirs.port) == (ours.scheme, ours.hostname, ours.port)
    if not same or theirs.username is not None or not theirs.path.lower().startswith(f"{ours.path}/"):
        raise ForeignError(f"a link leads to {theirs.scheme}://{theirs.hostname}, which is not ours")


def sleep(seconds: float, stop: threading.Event) -> None:
    """Wait, and stop waiting when the agent stops."""
    stop.wait(seconds)


@dataclass(slots=True)
class Wire:
    """One scope's way to Graph: what all of its runs share."""

    scope: EntraScope
    tokens: Tokens
    throttle: Throttle = field(default_factory=Throttle)
    sleep: Sleep = sleep
    paced: bool = True
    call_seconds: float = CALL_SECONDS
    chance: Callable[[], float] = random.random
    _root: BaseGraphServiceClient | None = None
    _process: int = 0
    _making: threading.Lock = field(default_factory=threading.Lock)
    _heard: tuple[datetime, float] | None = None

    @property
    def base(self) -> str:
        """Return the address that every request and every link must begin with."""
        return f"{places(self.scope)[0]}/{VERSION}"

    def root(self) -> BaseGraphServiceClient:
        """Return the SDK's root of all request builders; made anew after a fork."""
        with self._making:
            if self._root is None or self._process != os.getpid():
                self._root, self._process = BaseGraphServiceClient(self._adapter()), os.getpid()
            return self._root

    def _adapter(self) -> GraphRequestAdapter:
        # Neither redirects nor the SDK's own retries: it gives up at 180 s, and follows to other hosts.
        plain = httpx.AsyncClient(
            verify=ssl.create_default_context(cafile=bundle() or None),
            timeout=httpx.Timeout(60.0, connect=10.0),
            limits=httpx.Limits(max_connections=AT_ONCE),
            headers={"User-Agent": f"annexa/{__version__}"},
        )
        client = GraphClientFactory.create_with_custom_middleware(
            middleware=[ParametersNameDecodingHandler(), _Bounded()], client=plain
        )
        adapter = GraphRequestAdapter(_Pinned(self.base, self.tokens), client=client)
        adapter.base_url = self.base
        return adapter

    def exchange(self, request: Any, deadline: Deadline) -> Answer:
        """Return the answer to one request; raises what `failures.CAUGHT` names."""
        pinned(request.url, self.base)
        self.tokens.token()  # here, in the caller's thread: asking for one would hold the loop
        native = ResponseHandlerOption(NativeResponseHandler())
        request.request_options[native.get_key()] = native
        adapter = self.root().request_adapter
        work = adapter.send_primitive_async(request, "bytes", {})
        response: httpx.Response = LOOP.run(work, deadline.within(EXCHANGE_SECONDS))
        if now := told(response.headers.get("date")):
            self._heard = now, time.monotonic()
        return Answer(response.status_code, response.headers, response.content)

    def clock(self) -> datetime | None:
        """Return what time it is at Graph, None until it answered something."""
        if self._heard is None:
            return None
        told, at = self._heard
        return told + timedelta(seconds=time.monotonic() - at)

    def pause(self, attempt: int) -> float:
        """Return how long to wait after an answer that was broken or a connection that was cut."""
        return float(min(20.0, 2.0**attempt) * (0.5 + self.chance() / 2))
