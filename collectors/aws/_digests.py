"""CloudTrail's digest files: whether AWS signed one, what it vouches for, and how they hang together.

Values in, values out. Order of the questions and wording of what is signed follow AWS's description
of custom validation: place, public key, signature, then the link from the digest that came after.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson

VALID = "valid"
START = "start_of_chain"
GAP = "gap"
MISSING = "missing"
MOVED = "moved"
SIGNATURE = "invalid_signature"
HASH = "hash_mismatch"
MALFORMED = "malformed"
SIGNED = (VALID, START, GAP, HASH)
"""Outcomes of digests that AWS signed for the place where they lie: what they say of log files counts."""

_NAME = re.compile(r"_(\d{8}T\d{6}Z)(_backfill)?\.json\.gz$")
_NEEDED = (
    "digestPublicKeyFingerprint", "digestS3Bucket", "digestS3Object", "previousDigestSignature", "digestStartTime",
    "digestEndTime",
)
_PIECE = 1 << 20
_LIMIT = 1 << 26


class Place(NamedTuple):
    """Where a file lies."""

    bucket: str
    key: str

    @property
    def uri(self) -> str:
        """Return `s3://bucket/key`."""
        return f"s3://{self.bucket}/{self.key}"

    @property
    def end(self) -> datetime | None:
        """Return the instant in the name of a digest, at which its hour ends; None where it has none."""
        found = _NAME.search(self.key)
        return datetime.strptime(found[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) if found else None

    @property
    def backfill(self) -> bool:
        """Return whether it is a digest that was written later, in a chain of its own."""
        return self.key.endswith("_backfill.json.gz")


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest as it was found; `fault` says why it could not be read, '' where it could."""

    place: Place
    said: Mapping[str, Any] = field(default_factory=dict)
    sha256: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    fault: str = ""

    @property
    def previous(self) -> Place | None:
        """Return the place of the digest before it; None at the start of a chain."""
        bucket, key = self.said.get("previousDigestS3Bucket"), self.said.get("previousDigestS3Object")
        return Place(bucket, key) if bucket and key else None

    @property
    def written(self) -> datetime | None:
        """Return when a backfill digest was written; None of any other, and where that cannot be read."""
        try:
            at = datetime.fromisoformat(self.metadata.get("backfill-generation-timestamp", ""))
        except ValueError:
            return None
        return at if at.tzinfo else at.replace(tzinfo=UTC)

    @property
    def log_files(self) -> list[Mapping[str, Any]]:
        """Return what it says of log files: place and hash of each."""
        return list(self.said.get("logFiles") or ())


def opened(place: Place, body: bytes | None, metadata: Mapping[str, str]) -> Digest:
    """Return the digest that these bytes are; None says that there was no such file."""
    if body is None:
        return Digest(place, fault=MISSING)
    try:
        content = _whole(body)
        said = orjson.loads(content)
    except ValueError:
        return Digest(place, fault=MALFORMED)
    whole = isinstance(said, dict) and all(name in said for name in _NEEDED)
    if not whole or (place.backfill and "backfill-generation-timestamp" not in metadata):
        return Digest(place, fault=MALFORMED)
    return Digest(place, said, hashlib.sha256(content).hexdigest(), metadata)


def _whole(body: bytes) -> bytes:
    """Return the content of a gzip file; one that swells beyond 64 MiB is no digest."""
    pieces, size = [], 0
    for piece in inflated(body):
        size += len(piece)
        if size > _LIMIT:
            raise ValueError("too large for a digest")
        pieces.append(piece)
    return b"".join(pieces)


def inflated(body: bytes) -> Iterator[bytes]:
    """Yield the content of a gzip file in pieces; raises `ValueError` where it is none, is cut off, or goes on."""
    inflater, rest = zlib.decompressobj(zlib.MAX_WBITS | 16), body
    try:
        while rest and not inflater.eof:
            yield inflater.decompress(rest, _PIECE)
            rest = inflater.unconsumed_tail
        yield inflater.flush()
    except zlib.error as error:
        raise ValueError(f"no gzip file ({error})") from None
    if not inflater.eof or inflater.unused_data:
        raise ValueError("the gzip file is cut off, or something follows it")


def text_to_sign(digest: Digest) -> bytes:
    """Return what AWS signed: end, place, hash of the inflated digest, signature of the one before or `null`."""
    said = digest.said
    place = f"{said['digestS3Bucket']}/{said['digestS3Object']}"
    before = said["previousDigestSignature"]
    return f"{said['digestEndTime']}\n{place}\n{digest.sha256}\n{'null' if before is None else before}".encode()


def signed(digest: Digest, keys: Mapping[str, bytes]) -> bool:
    """Return whether AWS's key of its fingerprint made its signature."""
    from collectors.aws._rsa import verified  # noqa: PLC0415  # headers are read without loading OpenSSL

    key = keys.get(str(digest.said["digestPublicKeyFingerprint"]))
    if key is None or digest.metadata.get("signature-algorithm") != "SHA256withRSA":
        return False
    return verified(key, digest.metadata.get("signature", ""), text_to_sign(digest))


def own(digest: Digest, keys: Mapping[str, bytes]) -> str:
    """Return what the digest alone shows: missing, malformed, moved, invalid_signature or valid."""
    if digest.fault:
        return digest.fault
    if (digest.said["digestS3Bucket"], digest.said["digestS3Object"]) != digest.place:
        return MOVED
    return VALID if signed(digest, keys) else SIGNATURE


class Link(NamedTuple):
    """What a digest says of the one before it."""

    sha256: str
    signature: str

    def fits(self, digest: Digest) -> bool:
        """Return whether the digest is the one that was meant."""
        same = self.sha256.lower() == digest.sha256
        return same and self.signature.lower() == digest.metadata.get("signature", "").lower()


def links(trusted: Iterable[Digest]) -> dict[Place, Link]:
    """Return what these digests say of those before them, by place; only digests that AWS signed may testify."""
    found: dict[Place, Link] = {}
    for digest in trusted:
        if digest.previous:
            said = digest.said
            hashed, signature = said.get("previousDigestHashValue"), said["previousDigestSignature"]
            found[digest.previous] = Link(str(hashed or ""), str(signature or ""))
    return found


def outcome(digest: Digest, alone: str, testimony: Mapping[Place, Link], *, earlier: bool) -> str:
    """Return the verdict on a digest: `alone` is its own, `earlier` whether digests of the trail came before it."""
    if alone != VALID:
        return alone
    if digest.place in testimony and not testimony[digest.place].fits(digest):
        return HASH
    if digest.previous is None:
        return GAP if earlier else START
    return VALID


def log_outcome(body: bytes | None, said: Mapping[str, Any]) -> str:
    """Return the verdict on a log file: valid, missing, malformed or hash_mismatch (of the inflated content)."""
    if body is None:
        return MISSING
    hashed = hashlib.sha256()
    try:
        for piece in inflated(body):
            hashed.update(piece)
    except ValueError:
        return MALFORMED
    same = said.get("hashAlgorithm") == "SHA-256" and str(said.get("hashValue")).lower() == hashed.hexdigest()
    return VALID if same else HASH
