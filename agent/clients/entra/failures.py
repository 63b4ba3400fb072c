"""What an error of Graph means for a run, in one line, with what to do next.

A refusal has three meanings: not configured (an answer, where the header declares its code), no
permission (unknown: the run is partial) and no licence (not available, and said so).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import httpx
from azure.core.exceptions import AzureError

from agent.clients.cycle import RepeatedError
from agent.clients.entra.answers import BrokenError, RefusedError
from agent.clients.entra.calls import UnknownCallError
from agent.clients.entra.loop import LateError
from agent.clients.entra.wire import ForeignError, TooLargeError
from agent.clients.failure import CallError
from agent.clients.text import plain
from agent.collector import Api
from agent.model import Lacking

CAUGHT = (
    AzureError, BrokenError, ForeignError, LateError, RefusedError, RepeatedError, TooLargeError, UnknownCallError,
    httpx.HTTPError, httpx.InvalidURL, ValueError,  # ValueError: a link or a date header that is none
)
"""Everything that a call can raise and that is no defect of ours."""
NO_LICENCE = frozenset({
    "AadPremiumLicenseRequired", "PimLicenseRequired", "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
})
PAGE_EXPIRED = frozenset({
    "Directory_ExpiredPageToken", "Request_ExpiredPageToken", "InvalidSkipToken", "Directory_InvalidPageToken",
})
_LICENCE = re.compile(r"\b(licen[sc]e|premium)\b", re.IGNORECASE)
_NEVER_HAD = re.compile(r"\bnot applicable to target tenant\b", re.IGNORECASE)
"""What Intune says to a tenant that does not have it, under a code that means nothing."""
_NO_PATH = re.compile(r"\bresource not found for the segment\b", re.IGNORECASE)
"""What Graph says of a path that it does not have: the clouds of governments and of China lack some."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a call was made: what errors name."""

    api: Api
    tenant: str
    page: int = 1

    def __str__(self) -> str:
        return f"{self.api.call} in tenant {self.tenant}"


def code_of(error: Exception) -> str:
    """Return Graph's error code, its status where it gave none, '' where the error is not Graph's."""
    return (error.code or str(error.status)) if isinstance(error, RefusedError) else ""


def unlicensed(error: Exception) -> bool:
    """Return whether Graph says that the tenant has no licence for what was asked, or never had the service."""
    if not isinstance(error, RefusedError) or error.status not in (400, 402, 403):
        return False
    if error.code in NO_LICENCE or _NEVER_HAD.search(error.message):
        return True
    return error.status != 400 and bool(_LICENCE.search(error.message))


def throttled(error: Exception) -> bool:
    """Return whether Graph asks us to come back later."""
    return isinstance(error, RefusedError) and (
        error.status == 429 or (error.status in (503, 504) and error.after is not None)
    )


def broken(error: Exception) -> bool:
    """Return whether the same question may be answered if it is asked again at once."""
    if isinstance(error, RefusedError):
        return error.status in (424, 500, 502, 503, 504)  # 424: another question of its batch failed first
    return isinstance(error, (BrokenError, httpx.TransportError))


def translate(error: Exception, place: Place) -> CallError:
    """Return the one-line error of a call that failed for good, with what the run lacks."""
    if isinstance(error, RefusedError):
        return _refused(error, place)
    if isinstance(error, AzureError):
        return failure(place, "expired", plain(error), "Give the agent valid credentials; annexa doctor tries them")
    if isinstance(error, (LateError, httpx.TimeoutException)):
        return failure(place, "failed", "no answer within the time for one call", "The next run tries again")
    if isinstance(error, httpx.ConnectError):
        return failure(place, "failed", f"cannot be reached ({plain(error)})", "Check that the network lets us out")
    if isinstance(error, ForeignError):
        return failure(place, "failed", f"page {place.page}: {error}", "Nothing was sent there; tell us, or Microsoft")
    if isinstance(error, RepeatedError):
        return failure(place, "failed", f"page {place.page} gave a link that came before", "")
    if isinstance(error, UnknownCallError):
        return failure(place, "failed", str(error), "This is a defect of the collector")
    return failure(place, "failed", f"broken answer or connection ({type(error).__name__}: {plain(error)})", "")


def _refused(error: RefusedError, place: Place) -> CallError:
    said, code = plain(error), code_of(error)
    if code in place.api.unavailable or unlicensed(error):
        why = place.api.unavailable.get(code, "the tenant has no licence for it")
        advice = "Get the licence or the service, or leave the collector out under collectors:"
        return failure(place, "unavailable", f"{why} ({said})", advice)
    if error.status in (400, 404) and _NO_PATH.search(error.message):
        advice = "Leave the collector out under collectors: of this scope"
        return failure(place, "unavailable", f"this cloud of Microsoft does not have it ({said})", advice)
    if throttled(error):
        return failure(place, "throttled", said, "Others use up the tenant's limits: collect at another hour")
    if error.status == 410 or (place.page > 1 and code in PAGE_EXPIRED):
        return failure(place, "expired", f"the link to page {place.page} expired ({said})", "")
    if error.status == 401:
        return failure(place, "expired", said, "Renew the application's secret or certificate; annexa doctor tries it")
    if error.status == 403:
        permission = ", ".join(place.api.permissions)
        advice = f"Grant the application permission {permission}, with the consent of an administrator"
        return failure(place, "denied", said, advice, permission)
    return failure(place, "failed", said, "")


def failure(place: Place, reason: str, detail: str, advice: str, permission: str = "") -> CallError:
    """Return the error of a call that failed, with what the run lacks."""
    lacking = Lacking(place.api.call, reason, detail, permission)
    return CallError(f"{place} {_WORDS[reason]}: {detail}", lacking, advice=advice)


_WORDS = {
    "denied": "was denied", "unavailable": "is not available", "throttled": "was throttled to the end",
    "expired": "has lost its credentials or page", "failed": "failed",
}
