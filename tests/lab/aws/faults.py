"""What can go wrong between an agent and AWS, each in the service's own words."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.lab.aws.wire import ErrorAnswer, Parsed

Says = Callable[[str, Parsed], ErrorAnswer]


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to fail: an error instead of an answer, a page out of order, bytes spoilt, or a delay.

    `times`: how many requests it strikes, None for all. `padding` adds that many bytes of blanks.
    """

    name: str
    says: Says | None = None
    paging: Literal["", "empty", "repeat_page", "repeat_token", "reorder"] = ""
    wire: Literal["", "cut", "truncated", "rubbish"] = ""
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
    account: str | None = None
    region: str | None = None
    where: Mapping[str, Any] = field(default_factory=dict)
    left: int | None = None
    struck: int = 0

    def strikes(self, operation: str, page: int | None, request: int, account: str, region: str) -> bool:
        """Return whether a request (its number counted from 1 within the operation) meets the conditions."""
        return (
            self.left != 0
            and fnmatch.fnmatchcase(operation, self.operation)
            and self.page in (None, page)
            and self.request in (None, request)
            and self.account in (None, account)
            and self.region in (None, region)
        )


def _by_protocol(**answers: ErrorAnswer) -> Says:
    """Return the answer of the service (`s3`), else of its protocol (`-` written `_`), else `json`."""

    def says(service: str, parsed: Parsed) -> ErrorAnswer:
        names = (service, parsed.protocol.replace("-", "_"), "json")
        return next(answers[name] for name in names if name in answers)

    return says


def error(code: str, status: int = 400, message: str = "", times: int | None = None) -> Fault:
    """Answer with this very error."""
    return Fault(code, says=lambda _service, _parsed: ErrorAnswer(code, status, message), times=times)


def throttle(times: int | None = 1, retry_after: int | None = None) -> Fault:
    """Refuse for rate, with each service's own code and status, `times` times."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    says = _by_protocol(
        s3=ErrorAnswer("SlowDown", 503, "Please reduce your request rate.", headers),
        ec2=ErrorAnswer("RequestLimitExceeded", 503, "Request limit exceeded.", headers),
        query=ErrorAnswer("Throttling", 400, "Rate exceeded", headers),
        rest_xml=ErrorAnswer("Throttling", 400, "Rate exceeded", headers),
        rest_json=ErrorAnswer("TooManyRequestsException", 429, "Rate exceeded", headers),
        json=ErrorAnswer("ThrottlingException", 400, "Rate exceeded", headers),
    )
    return Fault("throttle", says=says, times=times)


def unavailable(times: int | None = 1) -> Fault:
    """Answer 503, service unavailable."""
    return error("ServiceUnavailable", 503, "Service is unable to handle request.", times)


def broken(times: int | None = 1) -> Fault:
    """Answer 500, internal failure."""
    return error("InternalFailure", 500, "An internal error occurred.", times)


NO_POLICY = "because no identity-based policy allows the {action} action"


def denied(times: int | None = None, because: str = NO_POLICY) -> Fault:
    """Refuse for want of a permission, in the service's own shape."""

    def says(service: str, parsed: Parsed) -> ErrorAnswer:
        action = f"{service}:{parsed.model.name}"
        message = f"User is not authorized to perform: {action} {because.format(action=action)}"
        code, status = {
            "ec2": ("UnauthorizedOperation", 403),
            "query": ("AccessDenied", 403),
            "rest-xml": ("AccessDenied", 403),
            "rest-json": ("AccessDeniedException", 403),
        }.get(parsed.protocol, ("AccessDeniedException", 400))
        return ErrorAnswer(code, status, message)

    return Fault("denied", says=says, times=times)


def denied_by_scp(times: int | None = None) -> Fault:
    """Refuse because an organization's policy forbids it."""
    return denied(times, "with an explicit deny in a service control policy")


def expired_credentials(times: int | None = None) -> Fault:
    """Refuse because the session is over."""
    text = "The security token included in the request is expired"
    says = _by_protocol(
        s3=ErrorAnswer("ExpiredToken", 400, "The provided token has expired."),
        ec2=ErrorAnswer("RequestExpired", 400, "Request has expired."),
        query=ErrorAnswer("ExpiredToken", 403, text),
        rest_xml=ErrorAnswer("ExpiredToken", 403, text),
        rest_json=ErrorAnswer("ExpiredTokenException", 403, text),
        json=ErrorAnswer("ExpiredTokenException", 400, text),
    )
    return Fault("expired credentials", says=says, times=times)


def region_not_enabled() -> Fault:
    """Refuse because the account has not switched the region on."""
    text = "The security token included in the request is invalid."
    says = _by_protocol(
        s3=ErrorAnswer("InvalidAccessKeyId", 403, "The AWS Access Key Id you provided does not exist in our records."),
        ec2=ErrorAnswer("AuthFailure", 401, "AWS was not able to validate the provided access credentials"),
        query=ErrorAnswer("InvalidClientTokenId", 403, text),
        rest_json=ErrorAnswer("UnrecognizedClientException", 403, text),
        json=ErrorAnswer("UnrecognizedClientException", 400, text),
    )
    return Fault("region not enabled", says=says)


def opt_in_required() -> Fault:
    """Refuse because the account is not subscribed to the service."""
    return error("OptInRequired", 403, "You are not subscribed to this service. Please go to http://aws.amazon.com")


def subscription_required() -> Fault:
    """Refuse because the service was never switched on."""
    return error("SubscriptionRequiredException", 400, "The AWS Access Key Id needs a subscription for the service")


def clock_skew(times: int | None = None) -> Fault:
    """Refuse because the clocks differ."""
    text = "The difference between the request time and the current time is too large."
    return error("RequestTimeTooSkewed", 403, text, times)


def expired_page_token(times: int | None = None) -> Fault:
    """Refuse the page token, with the error that the operation's model has for it."""

    def says(service: str, parsed: Parsed) -> ErrorAnswer:
        shapes = [shape.name for shape in parsed.model.error_shapes]
        modelled = next((n for n in shapes if re.search("(Invalid|Expired).*Token", n)), "")
        code = {"ec2": "InvalidNextToken", "query": "ValidationError"}.get(parsed.protocol, "ValidationException")
        return ErrorAnswer(modelled or code, 400, "The pagination token has expired")

    return Fault("expired page token", says=says, times=times)


def empty_page(times: int | None = 1) -> Fault:
    """Answer an empty page with a token that leads on."""
    return Fault("empty page", paging="empty", times=times)


def repeated_page(times: int | None = 1) -> Fault:
    """Answer the page before once more; its records come twice."""
    return Fault("repeated page", paging="repeat_page", times=times)


def repeated_token(times: int | None = None) -> Fault:
    """Answer with the token of the request: who follows it never ends."""
    return Fault("repeated token", paging="repeat_token", times=times)


def reordered(times: int | None = None) -> Fault:
    """Answer the items of a page in another order."""
    return Fault("reordered", paging="reorder", times=times)


def redirected(link: str, times: int | None = None) -> Fault:
    """Send the caller to another host."""
    said = ErrorAnswer("TemporaryRedirect", 307, "Please re-send this request to the specified endpoint.", {"Location": link})
    return Fault("redirected", says=lambda _service, _parsed: said, times=times)


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
    """Answer with a body made `size` bytes longer by blanks."""
    return Fault("huge", padding=size, times=times)
