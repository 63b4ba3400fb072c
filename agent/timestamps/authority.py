"""One question to a time stamp authority over HTTP, and its answer checked against the question."""

from __future__ import annotations

import hashlib
import http.client
import urllib.error
import urllib.request
from collections.abc import Sequence

from cryptography import x509
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

from agent.errors import RetriableError, VerificationError
from agent.timestamps.token import read_stamp, verify_stamp

TIMEOUT = 15.0
LARGEST = 1 << 16
"""Bytes that a token may have."""


def ask(address: str, data: bytes, certificates: Sequence[x509.Certificate] = ()) -> bytes:
    """Return the token of an authority over the data.

    Raises `RetriableError` where none came, `VerificationError` where it does not answer the question.
    Without certificates the signature is left to whoever verifies.
    """
    asked = TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA256).nonce(nonce=True)
    question = asked.cert_request(cert_request=True).build()
    token = _post(address, question.as_bytes())
    stamp = verify_stamp(token, data, certificates) if certificates else read_stamp(token)
    if stamp.digest != hashlib.sha256(data).digest():
        raise VerificationError(f"{address} stamped something else than it was asked to")
    if stamp.nonce != question.nonce:
        raise VerificationError(f"{address} answered another question: an old time stamp, or somebody between")
    return token


def _post(address: str, body: bytes) -> bytes:
    request = urllib.request.Request(  # noqa: S310 - the configuration has checked the scheme
        address, body, {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310 - as above
            token: bytes = answer.read(LARGEST + 1)
    except urllib.error.HTTPError as error:
        raise RetriableError(f"{address} answers {error.code} {error.reason}") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise RetriableError(f"{address} does not answer: {getattr(error, 'reason', error)}") from error
    if not token or len(token) > LARGEST:
        raise RetriableError(f"{address} answers with {len(token):,} bytes, which is no time stamp")
    return token
