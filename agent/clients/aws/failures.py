"""What an error of botocore means for a run, in one line, with what to do next."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from botocore import exceptions as boto
from botocore.parsers import ResponseParserError

from agent.clients.aws.codes import THROTTLED
from agent.clients.aws.http import DeadlinePassedError
from agent.clients.aws.tokens import TokenLostError, TokenRepeatedError
from agent.clients.failure import CallError
from agent.collector import Api
from agent.model import Lacking

DENIED = frozenset({
    "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "Client.UnauthorizedOperation",
    "AuthorizationError", "AuthorizationErrorException", "UnauthorizedException", "NotAuthorized",
    "AllAccessDisabled", "Forbidden", "403",
})
CREDENTIALS = frozenset({
    "ExpiredToken", "ExpiredTokenException", "RequestExpired", "InvalidClientTokenId", "InvalidAccessKeyId",
    "UnrecognizedClientException", "SignatureDoesNotMatch", "InvalidSignatureException", "AuthFailure",
    "IncompleteSignature", "MissingAuthenticationToken", "MissingAuthenticationTokenException",
})
SKEWED = frozenset({"RequestTimeTooSkewed", "RequestInTheFuture"})
"""What AWS says, with a status of its own or that of a denial, where this machine's clock is off."""
STRANGERS = frozenset({
    "InvalidClientTokenId", "InvalidAccessKeyId", "UnrecognizedClientException", "AuthFailure",
})
"""What AWS says of credentials that are no longer any, and, in the same words, of all in a region not switched on."""
PAGE_EXPIRED = frozenset({
    "ExpiredNextTokenException", "ExpiredNextToken", "InvalidNextTokenException", "InvalidNextToken",
    "PaginationTokenExpiredException", "InvalidPaginationTokenException", "InvalidPaginationToken",
    "ExpiredIteratorException", "InvalidMarker", "InvalidToken", "InvalidPaginationException",
})
ELSEWHERE = frozenset({"OptInRequired", "SubscriptionRequiredException", "InvalidRegion"})
NO_CREDENTIALS = (
    boto.NoCredentialsError, boto.PartialCredentialsError, boto.CredentialRetrievalError,
    boto.TokenRetrievalError, boto.SSOTokenLoadError, boto.UnauthorizedSSOTokenError,
)
CAUGHT = (
    boto.BotoCoreError, boto.ClientError, ResponseParserError, DeadlinePassedError, TokenLostError, TokenRepeatedError,
    ValueError,  # a body that is no UTF-8 or no JSON passes through botocore's parsers as ValueError
)
"""Everything that a call can raise and that is no defect of ours."""

_ACTION = re.compile(r"not authorized to perform:? ([a-z0-9-]+:[A-Za-z0-9*]+)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]+")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a call was made: what errors name."""

    api: Api
    account: str
    region: str
    page: int = 1

    def __str__(self) -> str:
        return f"{self.api.call} in {self.account or 'the account'}{f' {self.region}' if self.region else ''}"


def code_of(error: Exception) -> str:
    """Return the provider's error code, '' where the error is not the provider's."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, boto.ClientError) else ""


def request_of(error: Exception) -> str:
    """Return the request id of an error that the provider sent, '' of any other."""
    return request_id(error.response) if isinstance(error, boto.ClientError) else ""


def request_id(answer: dict[str, Any]) -> str:
    """Return the provider's id of the request behind an answer."""
    meta = answer.get("ResponseMetadata", {})
    return str(meta.get("RequestId") or meta.get("HTTPHeaders", {}).get("x-amzn-requestid", ""))


def of_role(error: Exception) -> bool:
    """Return whether the error came from assuming our own role in mid-run, not from the call itself."""
    return isinstance(error, boto.ClientError) and error.operation_name == "AssumeRole"


def throttled(error: Exception) -> bool:
    """Return whether the provider asks us to come back later."""
    return code_of(error) in THROTTLED or _status(error) == 429


def broken(error: Exception) -> bool:
    """Return whether an answer came and could not be read: half of it, or something else in its place."""
    return isinstance(error, (ResponseParserError, ValueError)) and not isinstance(error, boto.BotoCoreError)


def plain(text: object, limit: int = 300) -> str:
    """Return one line of a provider's text: no control or direction characters, no more than `limit` long."""
    return _CONTROL.sub(" ", str(text)).strip()[:limit]


def translate(error: Exception, place: Place) -> CallError:
    """Return the one-line error of a call that failed for good, with what the run lacks."""
    code = code_of(error)
    if code:
        return _by_code(error, code, place)
    if isinstance(error, NO_CREDENTIALS):
        return _failure(place, "expired", plain(error), "Give the agent valid credentials; annexa doctor tries them")
    if isinstance(error, (boto.EndpointConnectionError, boto.ConnectTimeoutError)):
        advice = "Check that the region is enabled for the account and that the network lets the agent out"
        return _failure(place, "failed", f"cannot be reached ({plain(error)})", advice)
    if isinstance(error, (DeadlinePassedError, boto.ReadTimeoutError)):
        return _failure(place, "failed", "no answer within the time for one call", "The next run tries again")
    if isinstance(error, TokenRepeatedError):
        return _failure(place, "failed", f"page {place.page} gave a page token that came before", "")
    if isinstance(error, TokenLostError):
        return _failure(place, "failed", f"page {place.page} says there is more and gives no token", "")
    if isinstance(error, boto.ParamValidationError):
        return _failure(place, "failed", plain(error), "This is a defect of the collector")
    return _failure(place, "failed", f"broken answer or connection ({type(error).__name__}: {plain(error)})", "")


def not_enabled(error: Exception, place: Place) -> CallError:
    """Return the error of a region that knows nobody, where the same credentials are taken at home."""
    advice = f"Enable {place.region} for the account (Account, AWS Regions), or leave it out of the scope's regions"
    said = f"{code_of(error)}: {plain(_message(error))}".rstrip(": ")
    return _failure(place, "not_enabled", f"{said} The same credentials are taken elsewhere", advice)


def _by_code(error: Exception, code: str, place: Place) -> CallError:
    said = f"{code}: {plain(_message(error))}".rstrip(": ")
    if of_role(error):
        return _failure(place, "expired", f"the role can no longer be assumed ({said})", "Check its trust policy")
    if code in place.api.unavailable:
        return _failure(place, "unavailable", f"{place.api.unavailable[code]} ({said})", "")
    if throttled(error):
        return _failure(place, "throttled", said, "Fewer at once: lower the concurrency of this scope")
    if place.page > 1 and code in PAGE_EXPIRED:
        return _failure(place, "expired", f"the token of page {place.page} expired ({said})", "")
    if code in SKEWED:
        advice = "Set this machine's clock (NTP); annexa doctor says by how much it is off"
        return _failure(place, "failed", said, advice)
    if code in CREDENTIALS:
        return _failure(place, "expired", said, "Renew the credentials; annexa doctor tries them")
    if code in ELSEWHERE:
        return _failure(place, "unavailable", said, "Enable the region or the service, or leave it out of the scope")
    if code in DENIED or _status(error) == 403:
        return _denied(error, said, place)
    return _failure(place, "failed", said, "")


def _denied(error: Exception, said: str, place: Place) -> CallError:
    message = _message(error)
    named = _ACTION.search(message)
    permission = named[1] if named else ", ".join(place.api.permissions)
    if "service control policy" in message:
        advice = f"A service control policy denies {permission}; only whoever manages the organization can lift it"
        return _failure(place, "denied", f"service control policy: {said}", advice, permission)
    advice = f"Allow {permission} (annexa collectors policy prints the whole policy)"
    return _failure(place, "denied", said, advice, permission)


def _failure(place: Place, reason: str, detail: str, advice: str, permission: str = "") -> CallError:
    lacking = Lacking(place.api.call, reason, detail, permission)
    return CallError(f"{place} {_WORDS[reason]}: {detail}", lacking, advice=advice)


_WORDS = {
    "denied": "was denied", "unavailable": "is not available", "throttled": "was throttled to the end",
    "expired": "has lost its credentials or page", "failed": "failed",
    "not_enabled": "is in a region that is not enabled",
}


def _status(error: Exception) -> int:
    meta = error.response.get("ResponseMetadata", {}) if isinstance(error, boto.ClientError) else {}
    return int(meta.get("HTTPStatusCode") or 0)


def _message(error: Exception) -> str:
    return str(error.response.get("Error", {}).get("Message", "")) if isinstance(error, boto.ClientError) else ""
