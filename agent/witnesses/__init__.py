"""Cosignatures: witnesses outside are shown each checkpoint with the proof that the log only grew (C2SP)."""

from agent.witnesses.asker import Asker, Known, Shown, waiting
from agent.witnesses.protocol import ConflictError, submit

__all__ = ["Asker", "ConflictError", "Known", "Shown", "submit", "waiting"]
