"""What an error of Azure means for a run, in one line, with what to do next.

A refusal has three meanings: not configured (an answer, where the header declares its code), no
permission (unknown: the run is partial) and no licence or plan (not available, and said so).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    DecodeError,
    IncompleteReadError,
    ServiceRequestError,
    ServiceRequestTimeoutError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)

from agent.clients.azure.answers import BrokenError, ForeignError, LateError, RefusedError, TooLargeError
from agent.clients.cycle import RepeatedError
from agent.clients.failure import CallError
from agent.clients.text import plain
from agent.collector import Api
from agent.model import Lacking

CAUGHT = (
    AzureError, BrokenError, ForeignError, LateError, RefusedError, RepeatedError, TooLargeError,
    ValueError,  # a link or a date header that is none, or a parameter that the path lacks
)
"""Everything that a call can raise and that is no defect of ours."""
NO_LICENCE = frozenset({"AadPremiumLicenseRequired", "PimLicenseRequired"})
DENIED = frozenset({"AuthorizationFailed", "LinkedAuthorizationFailed", "InsufficientAccessError", "Forbidden"})
_LICENCE = re.compile(r"\blicen[sc]e", re.IGNORECASE)
_ACTION = re.compile(r"perform (?:the )?action[s]? '([^']+)'")
_TIMEOUTS = (LateError, ServiceRequestTimeoutError, ServiceResponseTimeoutError)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a call was made: what errors name."""

    api: Api
    boundary: str
    page: int = 1

    def __str__(self) -> str:
        return f"{self.api.call} in {self.boundary}"


def code_of(error: Exception) -> str:
    """Return Azure's error code, its status where it gave none, '' where the error is not Azure's."""
    return (error.code or str(error.status)) if isinstance(error, RefusedError) else ""


def unlicensed(error: Exception) -> bool:
    """Return whether Azure says that there is no licence for what was asked."""
    if not isinstance(error, RefusedError) or error.status not in (400, 402, 403):
        return False
    return error.code in NO_LICENCE or (error.code not in DENIED and bool(_LICENCE.search(error.message)))


def throttled(error: Exception) -> bool:
    """Return whether Azure asks us to come back later."""
    return isinstance(error, RefusedError) and (
        error.status == 429 or (error.status in (503, 504) and error.after is not None)
    )


def broken(error: Exception) -> bool:
    """Return whether the same question may be answered if it is asked again at once."""
    if isinstance(error, RefusedError):
        return error.status in (408, 500, 502, 503, 504)
    return isinstance(error, (BrokenError, ServiceRequestError, ServiceResponseError, IncompleteReadError, DecodeError))


def translate(error: Exception, place: Place) -> CallError:
    """Return the one-line error of a call that failed for good, with what the run lacks."""
    if isinstance(error, RefusedError):
        return _refused(error, place)
    if isinstance(error, _TIMEOUTS):
        return failure(place, "failed", "no answer within the time for one call", "The next run tries again")
    if isinstance(error, ServiceRequestError):
        return failure(place, "failed", f"cannot be reached ({plain(error)})", "Check that the network lets us out")
    if isinstance(error, ClientAuthenticationError):
        return failure(place, "expired", plain(error), "Give the agent valid credentials; annexa doctor tries them")
    if isinstance(error, ForeignError):
        return failure(place, "failed", f"page {place.page}: {error}", "Nothing was sent there; tell us, or Microsoft")
    if isinstance(error, RepeatedError):
        return failure(place, "failed", f"page {place.page} gave a link that came before", "")
    if isinstance(error, ValueError):
        return failure(place, "failed", plain(error), "This is a defect of the collector")
    return failure(place, "failed", f"broken answer or connection ({type(error).__name__}: {plain(error)})", "")


def _refused(error: RefusedError, place: Place) -> CallError:
    said, code = plain(error), code_of(error)
    if code in place.api.unavailable or unlicensed(error):
        why = place.api.unavailable.get(code, "there is no licence for it")
        return failure(place, "unavailable", f"{why} ({said})", "")
    if throttled(error):
        return failure(place, "throttled", said, "Others use up the limits of Azure: collect at another hour")
    if error.status == 401:
        return failure(place, "expired", said, "Renew the application's secret or certificate; annexa doctor tries it")
    if error.status == 403:
        return _denied(error, said, place)
    if place.page > 1 and error.status in (400, 404, 410):
        return failure(place, "expired", f"the link to page {place.page} is not taken any more ({said})", "")
    return failure(place, "failed", said, "")


def _denied(error: RefusedError, said: str, place: Place) -> CallError:
    named = _ACTION.search(error.message)
    permission = plain(named[1]) if named else ", ".join(place.api.permissions)
    role = f"Allow {permission} there (annexa collectors policy prints the whole role)"
    advice = _ELSEWHERE.get(place.api.call, role)
    return failure(place, "denied", said, advice, permission)


def failure(place: Place, reason: str, detail: str, advice: str, permission: str = "") -> CallError:
    """Return the error of a call that failed, with what the run lacks."""
    lacking = Lacking(place.api.call, reason, detail, permission)
    return CallError(f"{place} {_WORDS[reason]}: {detail}", lacking, advice=advice)


_ELSEWHERE = {
    "monitor.tenant_activity_logs.list":
        "Assign the role Reader at /providers/Microsoft.Insights: no custom role reaches the tenant",
}
"""What to do about calls whose permission no custom role can give."""
_WORDS = {
    "denied": "was denied", "unavailable": "is not available", "throttled": "was throttled to the end",
    "expired": "has lost its credentials or page", "failed": "failed",
}
