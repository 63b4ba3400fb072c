"""What can go wrong on the wire to Google, the same for gRPC and for REST."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

STATUS = {
    400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 409: "ABORTED",
    412: "FAILED_PRECONDITION", 429: "RESOURCE_EXHAUSTED", 499: "CANCELLED", 500: "INTERNAL", 501: "UNIMPLEMENTED",
    502: "UNAVAILABLE", 503: "UNAVAILABLE", 504: "DEADLINE_EXCEEDED",
}
"""Google's canonical code of an HTTP status, where the body says none."""
OLD_REASONS = {
    "accessNotConfigured": "SERVICE_DISABLED",
    "rateLimitExceeded": "RATE_LIMIT_EXCEEDED",
    "userRateLimitExceeded": "RATE_LIMIT_EXCEEDED",
    "quotaExceeded": "RATE_LIMIT_EXCEEDED",
}
"""What the older JSON APIs say, in the words of the newer ones."""
INFO = "google.rpc.ErrorInfo"
RETRY = "google.rpc.RetryInfo"


class BrokenError(Exception):
    """An answer came and could not be read: half of it, or something else in its place; or the connection broke."""


class UnreachableError(Exception):
    """Nobody answers at the address."""


class LateError(Exception):
    """No answer within the time for one call."""


class CredentialsError(Exception):
    """There are no credentials, or Google does not take them any more."""


@dataclass(eq=False)
class ApiError(Exception):
    """An error that Google sent: its canonical code, HTTP status, message, and what its details say."""

    code: str
    status: int
    message: str
    reason: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    retry_after: float = 0.0
    request: str = ""

    def __str__(self) -> str:
        return f"{self.reason or self.code}: {self.message}".rstrip(": ")

    @property
    def throttled(self) -> bool:
        """Return whether Google asks us to come back later."""
        return self.code == "RESOURCE_EXHAUSTED" or self.status == 429 or self.reason in _RATES

    @property
    def passing(self) -> bool:
        """Return whether the same request may well be answered a moment later."""
        return self.code in ("UNAVAILABLE", "INTERNAL", "DEADLINE_EXCEEDED", "ABORTED", "UNKNOWN")


_RATES = ("RATE_LIMIT_EXCEEDED", "RESOURCE_QUOTA_EXCEEDED")


def of_body(status: int, body: bytes, retry_after: str, request: str) -> ApiError:
    """Return the error of a REST answer, whatever of it can be read."""
    said = _error_of(body)
    details = [one for one in said.get("details") or () if isinstance(one, dict)]
    info = next((one for one in details if str(one.get("@type", "")).endswith(INFO)), {})
    old = next((str(one.get("reason", "")) for one in said.get("errors") or () if isinstance(one, dict)), "")
    wait = next((_seconds(one.get("retryDelay")) for one in details if str(one.get("@type", "")).endswith(RETRY)), 0.0)
    return ApiError(
        str(said.get("status") or STATUS.get(status, "UNKNOWN")), status, str(said.get("message", "")),
        str(info.get("reason", "")) or OLD_REASONS.get(old, ""), info.get("metadata") or {},
        _seconds(retry_after) or wait, request,
    )


def _error_of(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    found = found[0] if isinstance(found, list) and found else found
    said = found.get("error") if isinstance(found, dict) else None
    return said if isinstance(said, dict) else {"message": said} if isinstance(said, str) else {}


def of_rpc(code: str, status: int, message: str, details: Iterable[Any]) -> ApiError:
    """Return the error of an RPC; details are the published messages of google.rpc."""
    error = ApiError(code, status, message)
    for detail in details:
        name = detail.DESCRIPTOR.full_name if hasattr(detail, "DESCRIPTOR") else ""
        if name == INFO:
            error.reason, error.metadata = detail.reason, dict(detail.metadata)
        elif name == RETRY:
            error.retry_after = detail.retry_delay.seconds + detail.retry_delay.nanos / 1e9
    return error


def _seconds(text: object) -> float:
    try:
        return max(0.0, float(str(text).removesuffix("s")))
    except ValueError:
        return 0.0
