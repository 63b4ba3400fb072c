"""Reach over the network: one client per provider, and the witness of what each of them read.

Provider SDKs are imported inside the modules of their provider, never here.
"""

from agent.clients.deadline import Deadline
from agent.clients.expansion import Expansion
from agent.clients.failure import CallError, InterruptedRunError, ThrottledRunError, UndeclaredCallError
from agent.clients.witness import Closing, Reading, Witness

__all__ = [
    "CallError",
    "Closing",
    "Deadline",
    "Expansion",
    "InterruptedRunError",
    "Reading",
    "ThrottledRunError",
    "UndeclaredCallError",
    "Witness",
]
