"""The one event-loop thread of a process: the SDK of Graph is asynchronous, everything above it is not."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass, field
from typing import Any, TypeVar

from agent.clients.deadline import Deadline

T = TypeVar("T")
AT_ONCE = 32
"""Exchanges that may be under way or wait for the loop; whoever comes next waits in its own thread."""


class LateError(Exception):
    """The time of a call is over."""


@dataclass(slots=True)
class Loop:
    """Runs coroutines for other threads; started by the first of them, again after a fork."""

    room: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(AT_ONCE))
    _loop: asyncio.AbstractEventLoop | None = None
    _process: int = 0
    _starting: threading.Lock = field(default_factory=threading.Lock)

    def run(self, work: Coroutine[Any, Any, T], deadline: Deadline) -> T:
        """Return what the coroutine returns; raises `LateError` when the deadline comes first."""
        if not self.room.acquire(timeout=max(deadline.left(), 0.001)):
            work.close()
            raise LateError
        try:
            future: Future[T] = asyncio.run_coroutine_threadsafe(_within(work, deadline.left()), self._running())
            return future.result()
        except (TimeoutError, FutureTimeoutError):
            raise LateError from None
        finally:
            self.room.release()

    @property
    def process(self) -> int:
        """Return the process in which the loop runs, 0 before it does."""
        return self._process

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._starting:
            if self._loop is None or self._process != os.getpid():
                self._loop, self._process = asyncio.new_event_loop(), os.getpid()
                threading.Thread(target=self._loop.run_forever, name="annexa-loop", daemon=True).start()
            return self._loop


async def _within(work: Coroutine[Any, Any, T], seconds: float) -> T:
    async with asyncio.timeout(max(seconds, 0.001)):
        return await work


LOOP = Loop()
"""The loop of this process."""
