"""A total deadline for every HTTP exchange of botocore, which itself bounds only single reads.

The deadline of the thread's current call is kept in `_local`; pools and responses below botocore
ask it for what remains, so that neither a silent nor a trickling server can hold a thread.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.awsrequest import AWSHTTPConnectionPool, AWSHTTPSConnectionPool
from urllib3 import Timeout

from agent.clients.aws.codes import THROTTLED
from agent.clients.deadline import Deadline

CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0
CHUNK = 1 << 16

_local = threading.local()


class DeadlinePassedError(Exception):
    """The time of a call is over; botocore does not retry it."""


@contextmanager
def bound(deadline: Deadline) -> Iterator[None]:
    """Let every exchange of this thread end by the deadline."""
    _local.deadline, _local.refusals = deadline, 0
    try:
        yield
    finally:
        _local.deadline = None


def refusals() -> int:
    """Return how often the provider told this thread's newest call to slow down before it answered."""
    return int(getattr(_local, "refusals", 0))


def _noted(response: tuple[Any, Any] | None = None, **_: Any) -> None:
    """Count a refusal (a `needs-retry` handler of botocore, which decides nothing: None leaves that to botocore)."""
    if response is None:
        return
    http, parsed = response
    code = parsed.get("Error", {}).get("Code", "") if isinstance(parsed, dict) else ""
    if http.status_code == 429 or code in THROTTLED:
        _local.refusals = refusals() + 1


def _left() -> float:
    deadline: Deadline | None = getattr(_local, "deadline", None)
    return READ_SECONDS if deadline is None else deadline.left()


def check(**_: Any) -> None:
    """Refuse to send a request after the deadline (a `before-send` handler of botocore)."""
    if _left() <= 0:
        raise DeadlinePassedError


class _Response:
    """A response of urllib3 whose body is read in pieces, each of which may find the time over."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def stream(self, amt: int = CHUNK, decode_content: bool | None = None) -> Iterator[bytes]:
        while piece := self._inner.read1(amt, decode_content=decode_content):
            check()
            yield piece


class _Bounded:
    """Mixed into botocore's pools: gives each exchange the time that remains."""

    def urlopen(self, *args: Any, **kwargs: Any) -> Any:
        left = max(_left(), 0.001)
        kwargs["timeout"] = Timeout(connect=min(CONNECT_SECONDS, left), read=min(READ_SECONDS, left))
        return _Response(super().urlopen(*args, **kwargs))  # type: ignore[misc]  # the pool beside the mix-in has it


class _Http(_Bounded, AWSHTTPConnectionPool):  # type: ignore[misc]  # botocore ships no types
    pass


class _Https(_Bounded, AWSHTTPSConnectionPool):  # type: ignore[misc]  # botocore ships no types
    pass


def install(client: Any) -> None:
    """Bind a botocore client to the deadlines; its proxies and certificates stay as configured."""
    # botocore has no public seam here; tests/clients/test_aws_deadline.py fails should this one move.
    session = client._endpoint.http_session  # noqa: SLF001  # no public seam, see above
    pools = {"http": _Http, "https": _Https}
    session._pool_classes_by_scheme = pools  # noqa: SLF001  # for the managers of proxies, made later
    session._manager.pool_classes_by_scheme = pools  # noqa: SLF001  # for direct connections
    client.meta.events.register("before-send", check)
    name = client.meta.service_model.service_id.hyphenize()
    client.meta.events.register_first(f"needs-retry.{name}", _noted)
