"""What a digest proves, attacked: every field of it, its signature, its key, its links, and the files it names."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from collectors.aws import _digests
from collectors.aws._digests import Digest, Place
from tests.lab.aws import digests

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
CHAIN = digests.Chain("123456789012", "us-east-1", "org", "us-east-1", "store")
DER, FINGERPRINT = digests.public_key()
KEYS = {FINGERPRINT: DER}
Files = dict[str, tuple[bytes, dict[str, str]]]


def written(hours: int = 3, events: Any = None) -> tuple[Files, list[Digest]]:
    """Return the files of a chain, and its digests opened."""
    files: Files = {}

    def put(key: str, body: bytes, metadata: Mapping[str, str]) -> None:
        files[key] = body, dict(metadata)

    more = {"events": events} if events else {}
    done = digests.write(put, CHAIN, FIRST, hours, **more)
    return files, [_digests.opened(Place("store", key), *files[key]) for key in done.digests]


def test_an_intact_chain() -> None:
    files, found = written()
    testimony = _digests.links(found)
    verdicts = [
        _digests.outcome(one, _digests.own(one, KEYS), testimony, earlier=number > 0)
        for number, one in enumerate(found)
    ]
    assert verdicts == ["start_of_chain", "valid", "valid"]
    logs = [log for one in found for log in one.log_files]
    assert [_digests.log_outcome(files[log["s3Object"]][0], log) for log in logs] == ["valid"] * 3
    assert found[0].place.end == FIRST + timedelta(hours=1)
    assert found[2].previous == found[1].place


def test_a_chain_that_starts_again_has_a_gap() -> None:
    _, (first, *_) = written()
    assert _digests.outcome(first, "valid", {}, earlier=True) == "gap"
    assert _digests.outcome(first, "missing", {}, earlier=True) == "missing"


def test_a_digest_that_aws_signed_and_that_is_not_the_one_its_successor_means() -> None:
    """Two chains of one trail, both signed: a digest of one cannot stand in the other."""
    _, ours = written()
    _, theirs = written(events=lambda _start, _end: [{"eventID": "another"}])
    assert _digests.own(theirs[1], KEYS) == "valid"
    assert _digests.outcome(theirs[1], "valid", _digests.links(ours), earlier=True) == "hash_mismatch"


@pytest.mark.parametrize("name", ["previousDigestHashValue", "previousDigestSignature"])
def test_either_half_of_a_link_breaks_it(name: str) -> None:
    _, (_, before, after) = written()
    forged = Digest(after.place, {**after.said, name: "00" * 32}, after.sha256, after.metadata)
    assert _digests.outcome(before, "valid", _digests.links([forged]), earlier=True) == "hash_mismatch"


def test_no_field_of_a_digest_can_be_changed() -> None:
    files, found = written()
    body, metadata = files[found[1].place.key]
    said = json.loads(gzip.decompress(body))
    for name, value in said.items():
        changed = {**said, name: "x" if isinstance(value, str) else ["x"]}
        verdict = _digests.own(_digests.opened(found[1].place, packed(changed), metadata), KEYS)
        assert verdict in ("invalid_signature", "moved"), name
        left = {key: one for key, one in said.items() if key != name}
        verdict = _digests.own(_digests.opened(found[1].place, packed(left), metadata), KEYS)
        assert verdict in ("invalid_signature", "malformed"), name


def packed(said: Any) -> bytes:
    return gzip.compress(json.dumps(said).encode())


def test_no_bit_of_a_signature_can_be_changed() -> None:
    _, (one, *_) = written(1)
    signature = bytes.fromhex(one.metadata["signature"])
    for bit in range(len(signature) * 8):
        forged = bytearray(signature)
        forged[bit // 8] ^= 1 << (bit % 8)
        metadata = {**one.metadata, "signature": forged.hex()}
        assert _digests.own(Digest(one.place, one.said, one.sha256, metadata), KEYS) == "invalid_signature"


def other_key() -> bytes:
    public = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    return public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)


def curve() -> bytes:
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    return public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize(
    "keys",
    [{}, {FINGERPRINT: other_key()}, {FINGERPRINT: curve()}, {FINGERPRINT: b""}, {FINGERPRINT: DER[:-1]}, {"x": DER}],
    ids=["none", "another", "no RSA", "empty", "cut off", "another's fingerprint"],
)
def test_without_the_right_key_nothing_is_signed(keys: dict[str, bytes]) -> None:
    _, (one, *_) = written(1)
    assert _digests.own(one, keys) == "invalid_signature"


@pytest.mark.parametrize(
    "metadata", [{}, {"signature": ""}, {"signature": "not hexadecimal"}, {"signature-algorithm": "SHA1withRSA"}],
    ids=str,
)
def test_metadata_that_is_no_signature(metadata: dict[str, str]) -> None:
    _, (one, *_) = written(1)
    said = {**one.metadata, **metadata} if metadata else {}
    assert _digests.own(Digest(one.place, one.said, one.sha256, said), KEYS) == "invalid_signature"


def test_a_digest_under_another_name_or_in_another_bucket_was_moved() -> None:
    files, (_, one, _) = written()
    for place in (Place("elsewhere", one.place.key), Place("store", one.place.key.replace("T020000Z", "T020001Z"))):
        assert _digests.own(_digests.opened(place, *files[one.place.key]), KEYS) == "moved"


BODIES: list[tuple[str, Callable[[bytes], bytes | None], str]] = [
    ("nothing", lambda _: None, "missing"),
    ("empty", lambda _: b"", "malformed"),
    ("plain", gzip.decompress, "malformed"),
    ("cut off", lambda body: body[:-9], "malformed"),
    ("without its check", lambda body: body[:-8], "malformed"),
    ("followed", lambda body: body + b"\0", "malformed"),
    ("twice", lambda body: body + body, "malformed"),
]


@pytest.mark.parametrize(("spoil", "verdict"), [one[1:] for one in BODIES], ids=[one[0] for one in BODIES])
def test_bodies_that_are_no_digest_and_no_log(spoil: Callable[[bytes], bytes | None], verdict: str) -> None:
    files, (one, *_) = written(1)
    body, metadata = files[one.place.key]
    assert _digests.own(_digests.opened(one.place, spoil(body), metadata), KEYS) == verdict
    (log,) = one.log_files
    assert _digests.log_outcome(spoil(files[log["s3Object"]][0]), log) == verdict


@pytest.mark.parametrize("content", [b"[]", b"{}", b"null", b'"x"', b"{", b"\xff", b"[" * 100_000])
def test_contents_that_are_no_digest(content: bytes) -> None:
    assert _digests.opened(Place("store", "x.json.gz"), gzip.compress(content), {}).fault == "malformed"


def test_a_digest_that_swells_is_not_unpacked_to_its_end() -> None:
    bomb = gzip.compress(b" " * (1 << 27))
    assert _digests.opened(Place("store", "x.json.gz"), bomb, {}).fault == "malformed"


def test_a_log_is_judged_by_its_inflated_content() -> None:
    content = b'{"Records": []}'
    said = {"hashAlgorithm": "SHA-256", "hashValue": hashlib.sha256(content).hexdigest()}
    assert _digests.log_outcome(gzip.compress(content, 1), said) == "valid"
    assert _digests.log_outcome(gzip.compress(content, 9), {**said, "hashValue": said["hashValue"].upper()}) == "valid"
    assert _digests.log_outcome(gzip.compress(content + b" "), said) == "hash_mismatch"
    assert _digests.log_outcome(gzip.compress(content), {**said, "hashAlgorithm": "MD5"}) == "hash_mismatch"
    assert _digests.log_outcome(gzip.compress(content), {}) == "hash_mismatch"


@pytest.mark.parametrize(
    ("said", "instant"),
    [
        ("2026-01-03T00:00:00Z", datetime(2026, 1, 3, tzinfo=UTC)),
        ("2026-01-03T01:00:00+01:00", datetime(2026, 1, 3, tzinfo=UTC)),
        ("2026-01-03T00:00:00", datetime(2026, 1, 3, tzinfo=UTC)),
        ("yesterday", None),
        ("", None),
    ],
)
def test_when_a_backfill_was_written(said: str, instant: datetime | None) -> None:
    assert Digest(Place("store", "x"), metadata={"backfill-generation-timestamp": said}).written == instant


def test_a_backfill_digest_says_when_it_was_written() -> None:
    files, (one, *_) = written(1)
    place = Place("store", one.place.key.replace(".json.gz", "_backfill.json.gz"))
    assert place.backfill
    assert place.end == one.place.end
    assert _digests.opened(place, *files[one.place.key]).fault == "malformed"
