"""What all runs of a scope share below the witness: credentials, connections, pace, patience."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from agent.clients.deadline import Deadline
from agent.clients.gcp.credentials import Identity
from agent.clients.gcp.methods import METHODS, Rest
from agent.clients.gcp.rest import piece, send
from agent.clients.gcp.scope import GcpScope
from agent.clients.gcp.throttle import Throttle
from agent.clients.throttle import told

CALL_SECONDS = 180.0
"""The most that one page may take, with all that it waits for."""
LONGEST_PAUSE = 32.0
PIECE = 1 << 21
"""How many bytes of a stored file are read at once."""
PASSING = 4
"""How often a request is repeated that the provider itself stumbled over."""

Sleep = Callable[[float, threading.Event], None]


def sleep(seconds: float, stop: threading.Event) -> None:
    """Wait, and stop waiting when the agent stops."""
    stop.wait(seconds)


@dataclass(slots=True)
class Wire:
    """One scope's way to Google."""

    scope: GcpScope
    throttle: Throttle = field(default_factory=Throttle)
    sleep: Sleep = sleep
    paced: bool = True
    call_seconds: float = CALL_SECONDS
    chance: Callable[[], float] = random.random
    piece: int = PIECE
    numbers: dict[str, str] = field(default_factory=dict)
    """The number of each project by its id."""
    _identity: Identity | None = None
    _stubs: Any = None
    _heard: tuple[datetime, float] | None = None

    @property
    def identity(self) -> Identity:
        """Return the credentials of the scope."""
        if self._identity is None:
            self._identity = Identity(self.scope)
        return self._identity

    def send(self, call: str, parameters: dict[str, Any], deadline: Deadline) -> dict[str, Any]:
        """Return the answer to one request as Google's JSON has it; raises one of `errors`, or `ValueError`."""
        method = METHODS.get(call)
        if method is None:
            raise ValueError(f"the client knows no {call}")
        if isinstance(method, Rest):
            if method.media:
                start = parameters.pop("start")
                answer = piece(self.identity, method, parameters, range(start, start + self.piece), deadline)
            else:
                answer = send(self.identity, method, parameters, deadline)
            if now := told(answer.headers.get("date")):
                self._heard = now, time.monotonic()
            return answer
        from agent.clients.gcp.messages import plain
        from agent.clients.gcp.rpc import Stubs

        if self._stubs is None:
            self._stubs = Stubs(self.identity)
        return plain(self._stubs.send(method, parameters, deadline))

    def paging(self, call: str, token: str) -> dict[str, str]:
        """Return the parameter that asks for the page of a token."""
        return {"pageToken" if isinstance(METHODS.get(call), Rest) else "page_token": token} if token else {}

    def pause(self, attempt: int, asked: float = 0.0) -> float:
        """Return how long to wait before asking again: what the answer asks for, else longer each time."""
        return asked if asked > 0 else min(LONGEST_PAUSE, 2.0**attempt) * (0.5 + self.chance() / 2)

    def clock(self) -> datetime | None:
        """Return what time it is at Google, None until it was asked for something."""
        if self._heard is None:
            return None
        heard, at = self._heard
        return heard + timedelta(seconds=time.monotonic() - at)
