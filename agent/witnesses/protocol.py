"""C2SP tlog-witness: one `add-checkpoint` over HTTP."""

from __future__ import annotations

import base64
import http.client
import urllib.error
import urllib.request
from collections.abc import Sequence

from agent.errors import AnnexaError, RetriableError, VerificationError

TIMEOUT = 15.0
LARGEST = 1 << 16
"""Bytes that an answer may have."""
CONFLICT, FORBIDDEN, UNKNOWN, UNPROVEN = 409, 403, 404, 422


class ConflictError(AnnexaError):
    """The witness has seen another size of the log last than it was told: `size` leaves."""

    def __init__(self, message: str, size: int) -> None:
        super().__init__(message)
        self.size = size


def submit(address: str, old: int, proof: Sequence[bytes], note: bytes) -> bytes:
    """Return the signature lines with which a witness answers a checkpoint.

    `old` is the size that it has seen last, `proof` the hashes that link it to the checkpoint. Raises
    `ConflictError` where it has seen another size, `RetriableError` where it does not answer, and
    `VerificationError` where it refuses.
    """
    lines = [f"old {old}", *(base64.b64encode(one).decode() for one in proof), "", ""]
    request = urllib.request.Request(  # noqa: S310 - the configuration has checked the scheme
        f"{address.rstrip('/')}/add-checkpoint", "\n".join(lines).encode() + note, {"Content-Type": "text/plain"}
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310 - as above
            body: bytes = answer.read(LARGEST + 1)
    except urllib.error.HTTPError as error:
        raise _refused(address, error) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise RetriableError(f"{address} does not answer: {getattr(error, 'reason', error)}") from error
    if len(body) > LARGEST:
        raise RetriableError(f"{address} answers with more than {LARGEST:,} bytes, which are no cosignatures")
    return body


def _refused(address: str, error: urllib.error.HTTPError) -> AnnexaError:
    if error.code == CONFLICT:
        text = error.read(64).decode("ascii", "replace").strip()
        if text.isascii() and text.isdecimal():
            return ConflictError(f"{address} has seen {text} leaves", int(text))
        return VerificationError(f"{address} has seen another root at this size: there are two logs of one name")
    said = {
        FORBIDDEN: "does not know the key that signs this log",
        UNKNOWN: "does not know this log",
        UNPROVEN: "refuses the proof: what it has seen is not the beginning of this log",
    }.get(error.code)
    if said is None:
        return RetriableError(f"{address} answers {error.code} {error.reason}")
    return VerificationError(f"{address} {said}")
