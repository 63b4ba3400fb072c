"""A time stamp token judged: `rfc3161-client` where it can read it, else `openssl ts -verify`.

`rfc3161-client` reads DER strictly and refuses a token whose certificates are not sorted, which
OpenSSL and real authorities write as soon as they put the chain into it.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from rfc3161_client import PKIStatus, TimeStampResponse, VerifierBuilder, decode_timestamp_response
from rfc3161_client import VerificationError as RefusedError

from agent.errors import VerificationError

SECONDS = 60
SHA256 = "2.16.840.1.101.3.4.2.1"
_TIME = re.compile(r"^Time stamp: (\w{3}) +(\d+) (\d\d:\d\d:\d\d)(\.\d+)? (\d{4}) GMT$", re.MULTILINE)
_NONCE = re.compile(r"^Nonce: 0x([0-9A-F]+)$", re.MULTILINE)
_DATA = re.compile(r"^    [0-9a-f]{4} - ((?:[0-9a-f]{2}[ -]){16})", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a token says: the digest of what, when, and the nonce of its request; not yet believed."""

    digest: bytes
    at: datetime
    nonce: int | None


def read_stamp(token: bytes) -> Stamp:
    """Return what a token (TimeStampResp, DER) says; raises `VerificationError` where it grants nothing."""
    response = _decoded(token)
    if response is None:
        return _read_by_openssl(token)
    if PKIStatus(response.status) is not PKIStatus.GRANTED:
        said = "; ".join(response.status_string) or "it says no more"
        raise VerificationError(f"The authority granted no time stamp: {said}")
    info = response.tst_info
    if info.message_imprint.hash_algorithm.dotted_string != SHA256:
        raise VerificationError("The time stamp is not over a SHA-256")
    return Stamp(info.message_imprint.message, info.gen_time.astimezone(UTC), info.nonce)


def verify_stamp(token: bytes, data: bytes, certificates: Sequence[x509.Certificate]) -> Stamp:
    """Return what a token over the data says; raises `VerificationError` unless the certificates vouch for it."""
    stamp = read_stamp(token)
    if stamp.digest != hashlib.sha256(data).digest():
        raise VerificationError("The time stamp is over something else")
    response = _decoded(token)
    if response is None:
        _verify_by_openssl(token, data, certificates, stamp.at)
    else:
        _verify(response, data, certificates)
    return stamp


def _decoded(token: bytes) -> TimeStampResponse | None:
    """Return the token as `rfc3161-client` reads it, None where it leaves it to OpenSSL."""
    try:
        response = decode_timestamp_response(token)
        _ = response.status
        if PKIStatus(response.status) is PKIStatus.GRANTED:
            _ = response.tst_info, response.signed_data.certificates
    except ValueError:
        return None
    return response


def _verify(response: TimeStampResponse, data: bytes, certificates: Sequence[x509.Certificate]) -> None:
    roots = [one for one in certificates if one.issuer == one.subject]
    if not roots:
        raise VerificationError("The trust root names no certificate of a time stamp authority's root")
    others = [one for one in certificates if one.issuer != one.subject]
    try:
        VerifierBuilder(roots=roots, intermediates=others).build().verify_message(response, data)
    except (RefusedError, ValueError) as error:
        said = re.search(r"Verify error: ?([^\"]*)", str(error))
        raise VerificationError(f"The time stamp is not believed: {said[1] if said else str(error)[:200]}") from error


def _openssl(folder: Path, *arguments: str) -> str:
    program = shutil.which("openssl")
    if program is None:
        raise VerificationError("This time stamp carries a chain that only openssl reads, and openssl is not installed")
    try:
        done = subprocess.run(  # noqa: S603 - a program found on PATH, arguments of our own
            [program, "ts", *arguments], cwd=folder, capture_output=True, text=True, errors="replace",
            timeout=SECONDS, check=False, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise VerificationError(f"openssl could not be asked: {error}") from error
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if "error" in line.lower()] or ["no time stamp"]
        raise VerificationError(f"openssl refuses the time stamp: {lines[-1].strip()[:200]}")
    return done.stdout


def _read_by_openssl(token: bytes) -> Stamp:
    with tempfile.TemporaryDirectory(prefix="annexa-ts-") as name:
        folder = Path(name)
        (folder / "token.tsr").write_bytes(token)
        text = _openssl(folder, "-reply", "-in", "token.tsr", "-text")
    when, nonce, data = _TIME.search(text), _NONCE.search(text), _DATA.findall(text)
    if when is None or "Status: Granted." not in text or "Hash Algorithm: sha256" not in text:
        raise VerificationError("The authority granted no time stamp over a SHA-256")
    month, day, clock, fraction, year = when.groups()
    at = datetime.strptime(f"{year} {month} {day} {clock} +0000", "%Y %b %d %H:%M:%S %z")
    at = at.replace(microsecond=int(((fraction or ".")[1:] + "000000")[:6]))
    digest = bytes.fromhex("".join(data).replace("-", "").replace(" ", ""))
    return Stamp(digest, at, int(nonce[1], 16) if nonce else None)


def _verify_by_openssl(
    token: bytes, data: bytes, certificates: Sequence[x509.Certificate], at: datetime
) -> None:
    if not certificates:
        raise VerificationError("The trust root names no certificate of a time stamp authority's root")
    with tempfile.TemporaryDirectory(prefix="annexa-ts-") as name:
        folder = Path(name)
        (folder / "token.tsr").write_bytes(token)
        (folder / "data").write_bytes(data)
        pem = b"".join(one.public_bytes(Encoding.PEM) for one in certificates)
        (folder / "certificates.pem").write_bytes(pem)
        said = _openssl(
            folder, "-verify", "-data", "data", "-in", "token.tsr", "-CAfile", "certificates.pem",
            "-untrusted", "certificates.pem", "-attime", str(int(at.timestamp())),
        )
    if "Verification: OK" not in said:
        raise VerificationError("openssl does not say that the time stamp is good")
