"""What can go wrong between an agent and Azure, each as Azure says it; what breaks on the wire is as for Entra."""

from __future__ import annotations

from tests.lab.entra.faults import (
    Armed,
    Fault,
    cut,
    empty_page,
    error,
    foreign_link,
    huge,
    repeated_link,
    repeated_page,
    reversed_page,
    rubbish,
    skewed,
    slow,
    truncated,
)


def throttle(times: int | None = 1, after: int | None = 1) -> Fault:
    """Refuse for rate."""
    headers = {} if after is None else {"Retry-After": str(after)}
    message = "Number of requests exceeded the limit. Please try again after some time."
    return Fault("throttle", 429, "SubscriptionRequestsThrottled", message, headers, times=times)


def quota(times: int | None = 1) -> Fault:
    """Refuse as Resource Graph does: with the time in a header of its own."""
    headers = {"x-ms-user-quota-remaining": "0", "x-ms-user-quota-resets-after": "00:00:05"}
    return Fault("quota", 429, "RateLimiting", "Please provide below info when asking for support", headers, times=times)


def unavailable(times: int | None = 1, after: int | None = None) -> Fault:
    """Answer 503, service unavailable."""
    headers = {} if after is None else {"Retry-After": str(after)}
    return Fault("unavailable", 503, "ServerTimeout", "The request timed out.", headers, times=times)


def broken(times: int | None = 1) -> Fault:
    """Answer 500, internal error."""
    return Fault("broken", 500, "InternalServerError", "Encountered internal server error.", times=times)


def denied(action: str = "", times: int | None = None) -> Fault:
    """Refuse for want of a permission; Resource Manager names the action."""
    message = (
        f"The client '66666666-7777-4888-8999-000000000000' with object id '0' does not have authorization to "
        f"perform action '{action}' over scope '/subscriptions/s' or the scope is invalid."
    )
    return Fault("denied", 403, "AuthorizationFailed", message if action else "Access to the resource is denied.",
                 times=times)


def no_licence(times: int | None = None) -> Fault:
    """Refuse because the tenant has no premium licence, as privileged identity management does."""
    message = "The tenant needs an AAD Premium 2 license."
    return Fault("no licence", 400, "AadPremiumLicenseRequired", message, times=times)


def not_registered(times: int | None = None) -> Fault:
    """Refuse because the subscription has not switched the service's provider on."""
    message = "The subscription is not registered to use namespace 'Microsoft.Lab'."
    return Fault("not registered", 409, "MissingSubscriptionRegistration", message, times=times)


def expired_credentials(times: int | None = None) -> Fault:
    """Refuse the token."""
    return Fault("expired credentials", 401, "ExpiredAuthenticationToken", "The access token expiry is in the past.",
                 times=times)


def claims_challenge(claims: str, times: int | None = 1) -> Fault:
    """Ask for a token that holds more, as continuous access evaluation does."""
    said = f'Bearer realm="", authorization_uri="https://login.example/", error="insufficient_claims", claims="{claims}"'
    return Fault("claims", 401, "InvalidAuthenticationToken", "Interaction required.", {"WWW-Authenticate": said},
                 times=times)


def expired_page_token(times: int | None = None) -> Fault:
    """Refuse the token of a page."""
    return Fault("expired page token", 400, "InvalidSkipToken", "The skip token is not valid.", times=times)


__all__ = [
    "Armed", "Fault", "broken", "claims_challenge", "cut", "denied", "empty_page", "error", "expired_credentials",
    "expired_page_token", "foreign_link", "huge", "no_licence", "not_registered", "quota", "repeated_link",
    "repeated_page", "reversed_page", "rubbish", "skewed", "slow", "throttle", "truncated", "unavailable",
]
