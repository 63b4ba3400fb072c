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
    """The agent is stopping, or the time of the run is over; `reason` is what the run then lacks."""

    reason = "interrupted"


class ThrottledRunError(InterruptedRunError):
    """The next request has to wait for longer than the run may last."""

    reason = "throttled"


class UndeclaredCallError(AnnexaError):
    """A collector called what its header does not declare: a defect of the collector."""
