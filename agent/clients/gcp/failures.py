"""What an error of Google means for a run, in one line, with what to do next."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from agent.clients.cycle import RepeatedError
from agent.clients.failure import CallError
from agent.clients.gcp.errors import ApiError, BrokenError, CredentialsError, LateError, UnreachableError
from agent.clients.text import plain
from agent.collector import Api
from agent.model import Lacking

CAUGHT = (ApiError, BrokenError, CredentialsError, LateError, UnreachableError, RepeatedError, ValueError)
"""Everything that a call can raise and that is no defect of ours."""
ELSEWHERE = "SERVICE_DISABLED_ELSEWHERE"
"""Stands for an API that is switched off in the project whose quota is used, not in the one that is read."""
SWITCHED_OFF = ("SERVICE_DISABLED", "BILLING_DISABLED", "CONSUMER_INVALID")
NOT_LICENSED = "NOT_LICENSED"
"""Stands for what is not activated or not bought, which Google says in words alone, under several codes."""
TIER = re.compile(
    r"Security Command Center Legacy has been permanently disabled|is not activated|not been activated"
    r"|requires? (?:the |a )?[A-Za-z ,]*(?:Premium|Enterprise|Standard)[A-Za-z ,]* (?:tier|subscription)", re.IGNORECASE
)
SWITCH = "Switch the API on"
"""How the advice begins where an API is switched off."""
PERIMETER = ("SECURITY_POLICY_VIOLATED", "VPC_SERVICE_CONTROLS")

_PERMISSION = re.compile(r"\b([a-z][a-z0-9]+\.[A-Za-z0-9]+\.[A-Za-z0-9]+)\b")
_PROJECT = re.compile(r"(?:in )?project (\S+) (?:before|because)")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a call was made: what errors name. `own` are the names of the project that is read."""

    api: Api
    parent: str
    page: int = 1
    own: Collection[str] = ()

    def __str__(self) -> str:
        return f"{self.api.call} in {self.parent}"


def codes(error: Exception, own: Collection[str]) -> tuple[str, ...]:
    """Return the codes of an error, the narrower first: the reason in its details, then Google's canonical code.

    That an API is switched off is told of the project that pays for the call: only where this is
    the project that is read does it say something about it.
    """
    if not isinstance(error, ApiError):
        return ()
    if error.reason in SWITCHED_OFF:
        return (error.reason,) if _consumer(error) in own else (ELSEWHERE,)
    bought = NOT_LICENSED if TIER.search(error.message) else ""
    return tuple(dict.fromkeys(one for one in (bought, error.reason, error.code) if one))


def _consumer(error: ApiError) -> str:
    told = str(error.metadata.get("consumer", ""))
    named = _PROJECT.search(error.message)
    return told.removeprefix("projects/") or (named[1] if named else "")


def throttled(error: Exception) -> bool:
    """Return whether Google asks us to come back later."""
    return isinstance(error, ApiError) and error.throttled


def passing(error: Exception) -> bool:
    """Return whether the provider itself stumbled, and may well answer a moment later."""
    return isinstance(error, UnreachableError) or (isinstance(error, ApiError) and error.passing)


def translate(error: Exception, place: Place) -> CallError:
    """Return the one-line error of a call that failed for good, with what the run lacks."""
    if isinstance(error, ApiError):
        return _by_code(error, place)
    if isinstance(error, CredentialsError):
        advice = "Give the agent valid credentials; annexa doctor tries them"
        return _failure(place, "expired", plain(error), advice)
    if isinstance(error, UnreachableError):
        advice = "Check that the network lets the agent out, by a proxy where there is one"
        return _failure(place, "failed", f"cannot be reached ({plain(error)})", advice)
    if isinstance(error, LateError):
        return _failure(place, "failed", "no answer within the time for one call", "The next run tries again")
    if isinstance(error, RepeatedError):
        return _failure(place, "failed", f"page {place.page} gave a page token that came before", "")
    if isinstance(error, BrokenError):
        return _failure(place, "failed", f"broken answer or connection ({plain(error)})", "")
    return _failure(place, "failed", plain(error), "This is a defect of the collector")


def _by_code(error: ApiError, place: Place) -> CallError:
    said, found = plain(error), codes(error, place.own)
    for code in found:
        if code in place.api.unavailable:
            return _failure(place, "unavailable", f"{place.api.unavailable[code]} ({said})", "")
    if ELSEWHERE in found:
        advice = f"{SWITCH} in project {_consumer(error)}, or name another as quota_project"
        return _failure(place, "failed", f"switched off in the project whose quota is used ({said})", advice)
    if error.reason in SWITCHED_OFF:
        return _failure(place, "unavailable", f"switched off in this project ({said})", f"{SWITCH} there")
    if NOT_LICENSED in found:
        advice = "Activate it, or leave the collector out: collectors: {disable: […]}"
        return _failure(place, "unavailable", f"not activated or not licensed ({said})", advice)
    if error.throttled:
        return _failure(place, "throttled", said, "Ask Google for more quota, or lower the concurrency of this scope")
    if error.code == "UNAUTHENTICATED":
        return _failure(place, "expired", said, "Renew the credentials; annexa doctor tries them")
    if place.page > 1 and error.code == "INVALID_ARGUMENT":
        return _failure(place, "expired", f"the token of page {place.page} is not taken any more ({said})", "")
    if error.code == "PERMISSION_DENIED":
        return _denied(error, said, place)
    return _failure(place, "failed", said, "")


def _denied(error: ApiError, said: str, place: Place) -> CallError:
    told = str(error.metadata.get("permission", ""))
    named = [one for one in _PERMISSION.findall(error.message) if one in place.api.permissions]
    permission = told or (named[0] if named else ", ".join(place.api.permissions))
    if error.reason in PERIMETER:
        advice = "A VPC service perimeter denies it: let the agent's identity in by an ingress rule"
        return _failure(place, "denied", f"service perimeter: {said}", advice, permission)
    advice = f"Allow {permission} (annexa collectors policy prints the whole role)"
    return _failure(place, "denied", said, advice, permission)


def _failure(place: Place, reason: str, detail: str, advice: str, permission: str = "") -> CallError:
    lacking = Lacking(place.api.call, reason, detail, permission)
    return CallError(f"{place} {_WORDS[reason]}: {detail}", lacking, advice=advice)


_WORDS = {
    "denied": "was denied", "unavailable": "is not available", "throttled": "was throttled to the end",
    "expired": "has lost its credentials or page", "failed": "failed",
}
