"""A chain of CloudTrail digests and logs in S3, signed as AWS signs, with faults on demand.

Key names, string to sign and hash chain follow AWS's description of digest files; the judge in the
tests is `aws cloudtrail validate-logs`.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

Fault = Literal["tampered_log", "removed_log", "removed_digest", "moved_digest", "wrong_signature", "gap"]
Put = Callable[[str, bytes, Mapping[str, str]], None]
STAMP = "%Y-%m-%dT%H:%M:%SZ"


@functools.cache
def signing_key() -> rsa.RSAPrivateKey:
    """Return the key of this process."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_key() -> tuple[bytes, str]:
    """Return the public key (DER, PKCS#1) and its fingerprint."""
    der = signing_key().public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
    return der, hashlib.md5(der, usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True)
class Chain:
    """Where the digests of one trail lie: `prefix_id` is the organization's id for its trails, else empty."""

    account: str
    region: str
    trail: str
    home: str
    bucket: str
    prefix_id: str = ""

    def log_key(self, end: datetime) -> str:
        """Return the key of the log file of the hour that ends then."""
        name = f"{self.account}_CloudTrail_{self.region}_{end:%Y%m%dT%H%MZ}_lab.json.gz"
        return f"AWSLogs/{self._middle}/CloudTrail/{self.region}/{end:%Y/%m/%d}/{name}"

    def digest_key(self, end: datetime) -> str:
        """Return the key of the digest of the hour that ends then."""
        stamp = f"{end:%Y%m%dT%H%M%SZ}"
        name = f"{self.account}_CloudTrail-Digest_{self.region}_{self.trail}_{self.home}_{stamp}.json.gz"
        return f"AWSLogs/{self._middle}/CloudTrail-Digest/{self.region}/{end:%Y/%m/%d}/{name}"

    @property
    def _middle(self) -> str:
        return f"{self.prefix_id}/{self.account}" if self.prefix_id else self.account


@dataclass(slots=True)
class Written:
    """What was put: keys of digests and logs by hour, and the fault of each hour that has one."""

    digests: list[str] = field(default_factory=list)
    logs: list[str] = field(default_factory=list)
    faults: dict[int, Fault] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Previous:
    bucket: str | None = None
    key: str | None = None
    digest: str | None = None
    signature: str | None = None


def write(
    put: Put,
    chain: Chain,
    first: datetime,
    hours: int,
    events: Callable[[datetime, datetime], Iterable[Any]] = lambda _start, _end: ({"eventID": "lab"},),
    faults: Mapping[int, Fault] | None = None,
) -> Written:
    """Put `hours` logs and digests from `first` on; `faults` strike hours counted from 0.

    `gap`: the hour was never digested, and the next digest starts a new chain. `moved_digest`: its
    bytes lie under the name of another minute. The digest after a removed one still names it.
    """
    done, previous = Written(faults=dict(faults or {})), _Previous()
    for hour in range(hours):
        start = first + timedelta(hours=hour)
        fault = done.faults.get(hour)
        if fault == "gap":
            previous = _Previous()
            continue
        log = _log(put, chain, start, events, fault)
        previous = _digest(put, chain, start, log, previous, fault)
        done.digests.append(str(previous.key))
        done.logs.append(log[0])
    return done


def _log(
    put: Put, chain: Chain, start: datetime, events: Callable[[datetime, datetime], Iterable[Any]], fault: Fault | None
) -> tuple[str, str]:
    end = start + timedelta(hours=1)
    raw = json.dumps({"Records": list(events(start, end))}).encode()
    key = chain.log_key(end)
    if fault != "removed_log":
        put(key, gzip.compress(b'{"Records": []} ' if fault == "tampered_log" else raw, mtime=0), {})
    return key, hashlib.sha256(raw).hexdigest()


def _digest(
    put: Put, chain: Chain, start: datetime, log: tuple[str, str], before: _Previous, fault: Fault | None
) -> _Previous:
    end = start + timedelta(hours=1)
    key = chain.digest_key(end)
    raw = json.dumps(_body(chain, start, key, log, before)).encode()
    digest = hashlib.sha256(raw).hexdigest()
    text = f"{end:{STAMP}}\n{chain.bucket}/{key}\n{digest}\n{before.signature or 'null'}".encode()
    signed = signing_key().sign(text, padding.PKCS1v15(), hashes.SHA256()).hex()
    sent = signed[:-2] + ("00" if signed[-2:] != "00" else "01") if fault == "wrong_signature" else signed
    place = chain.digest_key(end + timedelta(minutes=1)) if fault == "moved_digest" else key
    if fault != "removed_digest":
        put(place, gzip.compress(raw, mtime=0), {"signature": sent, "signature-algorithm": "SHA256withRSA"})
    return _Previous(chain.bucket, key, digest, signed)


def _body(chain: Chain, start: datetime, key: str, log: tuple[str, str], before: _Previous) -> dict[str, Any]:
    span = {"newestEventTime": f"{start + timedelta(minutes=59):{STAMP}}", "oldestEventTime": f"{start:{STAMP}}"}
    file = {"s3Bucket": chain.bucket, "s3Object": log[0], "hashValue": log[1], "hashAlgorithm": "SHA-256", **span}
    return {
        "awsAccountId": chain.account,
        "digestStartTime": f"{start:{STAMP}}",
        "digestEndTime": f"{start + timedelta(hours=1):{STAMP}}",
        "digestS3Bucket": chain.bucket,
        "digestS3Object": key,
        "digestPublicKeyFingerprint": public_key()[1],
        "digestSignatureAlgorithm": "SHA256withRSA",
        **span,
        "previousDigestS3Bucket": before.bucket,
        "previousDigestS3Object": before.key,
        "previousDigestHashValue": before.digest,
        "previousDigestHashAlgorithm": "SHA-256",
        "previousDigestSignature": before.signature,
        "logFiles": [file],
    }
