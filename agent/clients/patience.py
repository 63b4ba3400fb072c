"""How a client waits: for its turn or before it asks again, never past the run's end or the agent's."""

from __future__ import annotations

import threading
from collections.abc import Callable

from agent.clients.deadline import Deadline
from agent.clients.failure import InterruptedRunError, ThrottledRunError
from agent.clients.witness import Reading, Witness
from agent.model import Lacking

Sleep = Callable[[float, threading.Event], None]


def wait(
    seconds: float, reading: Reading, witness: Witness, deadline: Deadline, sleep: Sleep, *, turn: bool = False,
) -> None:
    """Wait so many seconds; raises `InterruptedRunError` when the agent stops or the run's time is over.

    It is a `ThrottledRunError` where time is left, and less than until our `turn` by the provider's limits.
    """
    left = deadline.left()
    if 0 < seconds < left:
        sleep(seconds, witness.stop)
    if witness.stop.is_set():
        raise _ended(InterruptedRunError, "the agent was stopped", reading)
    if turn and 0 < left <= seconds:
        why = f"throttled, to be asked again in {seconds:.0f} s, and the run has {left:.0f} s left"
        raise _ended(ThrottledRunError, why, reading)
    if deadline.passed or seconds >= left:
        raise _ended(InterruptedRunError, "the time of the run is over", reading)


def _ended(error: type[InterruptedRunError], why: str, reading: Reading) -> InterruptedRunError:
    reading.fail(Lacking(reading.call, error.reason, f"{why} before page {reading.pages + 1}"))
    return error(f"{reading.call}: {why}", advice="What came before is kept as partial")
