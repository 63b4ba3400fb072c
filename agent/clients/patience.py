"""How a client waits: for its turn or before it asks again, never past the run's end or the agent's."""

from __future__ import annotations

import threading
from collections.abc import Callable

from agent.clients.deadline import Deadline
from agent.clients.failure import InterruptedRunError
from agent.clients.witness import Reading, Witness
from agent.model import Lacking

Sleep = Callable[[float, threading.Event], None]


def wait(seconds: float, reading: Reading, witness: Witness, deadline: Deadline, sleep: Sleep) -> None:
    """Wait so many seconds; raises `InterruptedRunError` when the agent stops or the run's time is over."""
    if 0 < seconds < deadline.left():
        sleep(seconds, witness.stop)
    if witness.stop.is_set():
        raise _interrupted("the agent was stopped", reading)
    if deadline.passed or seconds >= deadline.left():
        raise _interrupted("the time of the run is over", reading)


def _interrupted(why: str, reading: Reading) -> InterruptedRunError:
    reading.fail(Lacking(reading.call, "interrupted", f"{why} before page {reading.pages + 1}"))
    return InterruptedRunError(f"{reading.call}: {why}", advice="What came before is kept as partial")
