"""What a client raises; whatever a collector does with it, the witness has written it down already."""

from __future__ import annotations

from agent.errors import AnnexaError, PartialError
from agent.model import Lacking


class CallError(PartialError):
    """A call failed for good; `lacking` says which and why. What was read before it stays."""

    def __init__(self, message: str, lacking: Lacking, *, advice: str = "") -> None:
        super().__init__(message, advice=advice)
        self.lacking = lacking


class InterruptedRunError(PartialError):
    """The agent is stopping, or the time of the run is over."""


class UndeclaredCallError(AnnexaError):
    """A collector called what its header does not declare: a defect of the collector."""
