"""What can go wrong between an agent and Microsoft Graph, each as Graph says it."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to fail: an error instead of an answer, a page out of order, bytes spoilt, a delay, a false clock.

    `times`: how many requests it strikes, None for all. `padding` adds that many bytes of blanks.
    """

    name: str
    status: int = 0
    code: str = ""
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    paging: Literal["", "empty", "repeat_page", "repeat_link", "foreign", "reversed"] = ""
    wire: Literal["", "cut", "truncated", "rubbish", "left_out"] = ""
    delay: float = 0.0
    padding: int = 0
    skew: float = 0.0
    link: str = ""
    times: int | None = None

    @property
    def spoils(self) -> bool:
        """Return whether it is the connection that suffers: in a batch, all its answers do."""
        return bool(self.delay or self.padding or self.skew or self.wire not in ("", "left_out"))


@dataclass(slots=True)
class Armed:
    """A fault and the requests that it strikes; an empty or None condition holds for all."""

    fault: Fault
    operation: str
    page: int | None = None
    request: int | None = None
    onwards: bool = False
    ids: tuple[str, ...] = ()
    left: int | None = None
    struck: int = 0

    def strikes(self, operation: str, page: int, number: int, ids: tuple[str, ...]) -> bool:
        """Return whether a request (its number counted from 1 within the operation) meets the conditions."""
        counted = self.request is None or (number >= self.request if self.onwards else number == self.request)
        return (
            self.left != 0 and counted and self.page in (None, page) and (not self.ids or self.ids == ids)
            and fnmatch.fnmatchcase(operation, self.operation)
        )


def error(code: str, status: int = 400, message: str = "", times: int | None = None) -> Fault:
    """Answer with this very error."""
    return Fault(code, status, code, message, times=times)


def throttle(times: int | None = 1, after: int | None = 1) -> Fault:
    """Refuse for rate; without `after` as conditional access and identity protection do, with no time named."""
    headers = {} if after is None else {"Retry-After": str(after)}
    return Fault("throttle", 429, "TooManyRequests", "Too many requests.", headers, times=times)


def unavailable(times: int | None = 1, after: int | None = None) -> Fault:
    """Answer 503, service unavailable."""
    headers = {} if after is None else {"Retry-After": str(after)}
    return Fault("unavailable", 503, "serviceNotAvailable", "The service is unavailable.", headers, times=times)


def broken(times: int | None = 1) -> Fault:
    """Answer 500, internal error."""
    return Fault("broken", 500, "InternalServerError", "An internal server error occurred.", times=times)


def denied(times: int | None = None) -> Fault:
    """Refuse for want of a permission."""
    message = "Insufficient privileges to complete the operation."
    return Fault("denied", 403, "Authorization_RequestDenied", message, times=times)


def no_licence(times: int | None = None) -> Fault:
    """Refuse because the tenant has no premium licence, as the reports do."""
    message = "Neither tenant is B2C or tenant doesn't have premium license"
    return Fault("no licence", 403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", message, times=times)


def no_premium(times: int | None = None) -> Fault:
    """Refuse because the tenant has no premium licence, as privileged identity management does."""
    message = "The tenant needs to have Microsoft Entra ID P2 or Microsoft Entra ID Governance license."
    return Fault("no premium", 400, "AadPremiumLicenseRequired", message, times=times)


def not_provisioned(times: int | None = None) -> Fault:
    """Refuse because the tenant has never had the service, as Intune does."""
    return Fault("not provisioned", 400, "BadRequest", "Request not applicable to target tenant.", times=times)


def no_path(times: int | None = None) -> Fault:
    """Refuse because this cloud of Microsoft does not have the path."""
    message = "Resource not found for the segment 'accessReviews'."
    return Fault("no path", 400, "BadRequest", message, times=times)


def dependency(times: int | None = 1) -> Fault:
    """Answer 424 to one question of a batch: another of its questions failed."""
    message = "The request failed because another request of the batch that it depends on failed."
    return Fault("dependency", 424, "FailedDependency", message, times=times)


def left_out(times: int | None = 1) -> Fault:
    """Answer a batch without this question's answer."""
    return Fault("left out", wire="left_out", times=times)


def quota(times: int | None = 1, after: int | None = 1) -> Fault:
    """Refuse for resource units, as the directory says it."""
    headers = {
        **({} if after is None else {"Retry-After": str(after)}),
        "x-ms-throttle-scope": "Tenant_Application/ReadWrite/lab/lab",
        "x-ms-throttle-information": "ResourceUnitLimitExceeded",
    }
    message = "Your request is throttled temporarily. Please try after 1 seconds."
    return Fault("quota", 429, "Request_ThrottledTemporarily", message, headers, times=times)


def expired_credentials(times: int | None = None) -> Fault:
    """Refuse the token."""
    message = "Lifetime validation failed, the token is expired."
    return Fault("expired credentials", 401, "InvalidAuthenticationToken", message, times=times)


def expired_page_token(times: int | None = None) -> Fault:
    """Refuse the token of a page."""
    message = "The specified page token value has expired and can no longer be included in your request."
    return Fault("expired page token", 400, "Directory_ExpiredPageToken", message, times=times)


def empty_page(times: int | None = 1) -> Fault:
    """Answer an empty page with a link that leads on."""
    return Fault("empty page", paging="empty", times=times)


def repeated_page(times: int | None = 1) -> Fault:
    """Answer the page before once more; its items come twice."""
    return Fault("repeated page", paging="repeat_page", times=times)


def repeated_link(times: int | None = None) -> Fault:
    """Answer with the link of the request: who follows it never ends."""
    return Fault("repeated link", paging="repeat_link", times=times)


def reversed_page(times: int | None = None) -> Fault:
    """Answer the items in another order."""
    return Fault("reversed", paging="reversed", times=times)


def foreign_link(link: str, times: int | None = None) -> Fault:
    """Answer with a link that leads to another host."""
    return Fault("foreign link", paging="foreign", link=link, times=times)


def cut(times: int | None = 1) -> Fault:
    """Cut the connection in the middle of the body."""
    return Fault("cut", wire="cut", times=times)


def truncated(times: int | None = 1) -> Fault:
    """Send half the body as if it were the whole."""
    return Fault("truncated", wire="truncated", times=times)


def rubbish(times: int | None = 1) -> Fault:
    """Send bytes that are no document, with status 200."""
    return Fault("rubbish", wire="rubbish", times=times)


def slow(seconds: float, times: int | None = None) -> Fault:
    """Answer late."""
    return Fault("slow", delay=seconds, times=times)


def huge(size: int = 100_000_000, times: int | None = None) -> Fault:
    """Answer with a body made `size` bytes longer by blanks."""
    return Fault("huge", padding=size, times=times)


def skewed(seconds: float) -> Fault:
    """Answer with a clock that is off."""
    return Fault("skewed", skew=seconds)
