"""What can go wrong between an agent and Google, each in Google's own words."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """An error as both wires carry it; `old` is the reason as the older JSON APIs write it."""

    code: str
    status: int
    message: str = ""
    reason: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    retry_after: float = 0.0
    old: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def body(self) -> dict[str, Any]:
        """Return the error as REST writes it."""
        said: dict[str, Any] = {"code": self.status, "message": self.message}
        if self.old:
            said["errors"] = [{"message": self.message, "domain": "usageLimits", "reason": self.old}]
            return {"error": said}
        said["status"] = self.code
        details: list[dict[str, Any]] = []
        if self.reason:
            details.append({
                "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": self.reason,
                "domain": "googleapis.com", "metadata": dict(self.metadata),
            })
        if self.retry_after:
            kind = "type.googleapis.com/google.rpc.RetryInfo"
            details.append({"@type": kind, "retryDelay": f"{self.retry_after:g}s"})
        return {"error": said | ({"details": details} if details else {})}


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to fail: an error instead of an answer, a page out of order, bytes spoilt, another address, or a delay.

    `times`: how many requests it strikes, None for all. `padding` adds that many bytes of blanks.
    """

    name: str
    says: ErrorAnswer | None = None
    paging: Literal["", "empty", "repeat_page", "repeat_token", "reorder"] = ""
    wire: Literal["", "cut", "truncated", "rubbish"] = ""
    redirect: str = ""
    delay: float = 0.0
    padding: int = 0
    times: int | None = None


@dataclass(slots=True)
class Armed:
    """A fault and the requests that it strikes; an empty or None condition holds for all."""

    fault: Fault
    operation: str
    page: int | None = None
    request: int | None = None
    where: Mapping[str, Any] = field(default_factory=dict)
    left: int | None = None
    struck: int = 0

    def strikes(self, operation: str, page: int | None, request: int, params: Mapping[str, Any]) -> bool:
        """Return whether a request (its number counted from 1 within the operation) meets the conditions."""
        return (
            self.left != 0
            and fnmatch.fnmatchcase(operation, self.operation)
            and self.page in (None, page)
            and self.request in (None, request)
            and self.where.items() <= dict(params).items()
        )


def error(code: str, status: int = 400, message: str = "", times: int | None = None, **more: Any) -> Fault:
    """Answer with this very error."""
    return Fault(code, says=ErrorAnswer(code, status, message, **more), times=times)


def throttle(times: int | None = 1, retry_after: float = 0.0) -> Fault:
    """Refuse for rate, `times` times."""
    headers = {"Retry-After": f"{retry_after:g}"} if retry_after else {}
    return Fault("throttle", times=times, says=ErrorAnswer(
        "RESOURCE_EXHAUSTED", 429, "Quota exceeded for quota metric 'Requests' and limit 'Requests per minute'",
        "RATE_LIMIT_EXCEEDED", {"service": "lab.googleapis.com", "consumer": "projects/1"}, retry_after,
        headers=headers,
    ))


def old_throttle(times: int | None = 1) -> Fault:
    """Refuse for rate as the older JSON APIs do: 403, with a reason of its own."""
    said = ErrorAnswer("PERMISSION_DENIED", 403, "Rate Limit Exceeded", "RATE_LIMIT_EXCEEDED", old="rateLimitExceeded")
    return Fault("old throttle", says=said, times=times)


def unavailable(times: int | None = 1) -> Fault:
    """Answer 503."""
    return error("UNAVAILABLE", 503, "The service is currently unavailable.", times)


def broken(times: int | None = 1) -> Fault:
    """Answer with an error that no repetition mends."""
    return error("FAILED_PRECONDITION", 400, "An internal condition failed.", times)


def denied(times: int | None = None, permission: str = "") -> Fault:
    """Refuse for want of a permission."""
    metadata = {"permission": permission} if permission else {}
    said = ErrorAnswer(
        "PERMISSION_DENIED", 403, f"Permission '{permission}' denied on resource (or it may not exist).",
        "IAM_PERMISSION_DENIED", metadata,
    )
    return Fault("denied", says=said, times=times)


def switched_off(project: str, times: int | None = None) -> Fault:
    """Refuse because a project has not switched the API on."""
    return Fault("switched off", times=times, says=ErrorAnswer(
        "PERMISSION_DENIED", 403, f"Lab API has not been used in project {project} before or it is disabled.",
        "SERVICE_DISABLED", {"service": "lab.googleapis.com", "consumer": f"projects/{project}"},
    ))


def old_switched_off(project: str, times: int | None = None) -> Fault:
    """Refuse the same way, as the older JSON APIs do."""
    return Fault("switched off, old", times=times, says=ErrorAnswer(
        "PERMISSION_DENIED", 403, f"Access Not Configured. Lab API has not been used in project {project} before or it "
        "is disabled.", "SERVICE_DISABLED", {"consumer": f"projects/{project}"}, old="accessNotConfigured",
    ))


def unlicensed() -> Fault:
    """Refuse because the organization has not activated, or not bought, what is asked for."""
    text = ("Security Command Center Legacy has been permanently disabled as of June 7, 2021. Migrate to Security "
            "Command Center's Standard tier or Premium tier to maintain access to Security Command Center.")
    return error("INVALID_ARGUMENT", 400, text)


def perimeter() -> Fault:
    """Refuse because of a VPC service perimeter."""
    return error("PERMISSION_DENIED", 403, "Request is prohibited by organization's policy. vpcServiceControlsUnique"
                 "Identifier: x", reason="SECURITY_POLICY_VIOLATED")


def expired_credentials(times: int | None = None) -> Fault:
    """Refuse because the token is not taken any more."""
    text = "Request had invalid authentication credentials. Expected OAuth 2 access token."
    return error("UNAUTHENTICATED", 401, text, times, reason="ACCESS_TOKEN_EXPIRED")


def expired_page_token(times: int | None = None) -> Fault:
    """Refuse the page token."""
    return error("INVALID_ARGUMENT", 400, "The page token is not valid.", times)


def empty_page(times: int | None = 1) -> Fault:
    """Answer an empty page with a token that leads on."""
    return Fault("empty page", paging="empty", times=times)


def repeated_page(times: int | None = 1) -> Fault:
    """Answer the page before once more; its records come twice."""
    return Fault("repeated page", paging="repeat_page", times=times)


def reordered(times: int | None = None) -> Fault:
    """Answer with the items of the page in another order."""
    return Fault("reordered", paging="reorder", times=times)


def repeated_token(times: int | None = None) -> Fault:
    """Answer with the token of the request: who follows it never ends."""
    return Fault("repeated token", paging="repeat_token", times=times)


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


def huge(size: int = 10_000_000, times: int | None = None) -> Fault:
    """Answer with a body made `size` bytes longer, by blanks or by a member that nobody knows."""
    return Fault("huge", padding=size, times=times)


def elsewhere(url: str, times: int | None = None) -> Fault:
    """Send the caller, token and all, to another address (REST alone)."""
    return Fault("elsewhere", redirect=url, times=times)
