"""Statement and envelope: verified by securesystemslib and by cryptography alone, and attacked."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from securesystemslib.dsse import Envelope

from agent.errors import VerificationError
from agent.model import Call, Lacking, Outcome, Receipt, Skip, Window
from agent.seal import Statement, artifact_id, open_envelope, read_statement, seal_envelope, write_statement
from agent.seal.signing import CryptoSigner
from tests.fixtures.store import provenance

SIGNER = CryptoSigner.generate_ed25519()
RUN = provenance(
    window=Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)),
    lost=Window(datetime(2025, 12, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)),
    outcome=Outcome.PARTIAL, records=3, masked={"password": 2}, notes=("counted twice",), error="",
    calls=(Call("ec2", "describe_instances", "eu-west-1", {"MaxResults": 5}, 1, 2, 3, 1, ["r-1"], "", True),),
    lacking=(Lacking("eu-west-2", "denied", "no", "ec2:DescribeInstances"),),
    population="Every instance of the account.", limits=("It sees no bare metal.",), skips=(Skip("terminated", 4),), receipts=(Receipt("config", 5, 3, False),),
)
DIGEST = hashlib.sha256(b"lines").hexdigest()
STATEMENT = Statement(DIGEST, 5, f"objects/x/{DIGEST[:2]}/{DIGEST}.ndjson.zst", RUN)
PAYLOAD = write_statement(STATEMENT)
ENVELOPE = seal_envelope(PAYLOAD, SIGNER)


def test_the_statement_is_in_toto_v1() -> None:
    data = json.loads(PAYLOAD)
    assert data["_type"] == "https://in-toto.io/Statement/v1"
    assert data["subject"][0]["digest"] == {"sha256": DIGEST}
    assert data["predicate"]["collector"] == "aws.ec2_instances"
    assert data["predicate"]["lacking"][0]["permission"] == "ec2:DescribeInstances"
    assert data["predicate"]["window"]["end"] == "2026-01-02T03:04:05.678901Z"
    assert json.dumps(data, sort_keys=True, separators=(",", ":")).encode() == PAYLOAD


def test_what_was_read_and_what_cannot_be_seen_is_signed() -> None:
    predicate = json.loads(PAYLOAD)["predicate"]
    assert predicate["population"] == "Every instance of the account."
    assert predicate["limits"] == ["It sees no bare metal."]


def test_a_statement_of_before_there_were_limits_reads() -> None:
    data = json.loads(PAYLOAD)
    del data["predicate"]["population"], data["predicate"]["limits"]
    told = read_statement(json.dumps(data).encode()).provenance
    assert (told.population, told.limits) == ("", ())


def test_sealing_is_deterministic() -> None:
    assert write_statement(STATEMENT) == PAYLOAD
    assert seal_envelope(PAYLOAD, SIGNER) == ENVELOPE


def test_it_reads_back_whole() -> None:
    assert read_statement(PAYLOAD) == STATEMENT


def test_securesystemslib_alone_verifies_it() -> None:
    envelope = Envelope.from_dict(json.loads(ENVELOPE))
    assert envelope.verify([SIGNER.public_key], 1) == {SIGNER.public_key.keyid: SIGNER.public_key}
    assert envelope.payload == PAYLOAD
    assert envelope.payload_type == "application/vnd.in-toto+json"


def test_cryptography_alone_verifies_it() -> None:
    data = json.loads(ENVELOPE)
    kind = data["payloadType"].encode()
    signed = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(PAYLOAD), PAYLOAD)
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(SIGNER.public_key.keyval["public"]))
    key.verify(base64.b64decode(data["signatures"][0]["sig"]), signed)


def test_the_id_is_the_digest_of_the_payload() -> None:
    assert artifact_id(PAYLOAD) == "sha256:" + hashlib.sha256(PAYLOAD).hexdigest()


def test_it_opens_only_with_its_key() -> None:
    other = CryptoSigner.generate_ed25519().public_key
    assert open_envelope(ENVELOPE, [SIGNER.public_key]) == PAYLOAD
    assert open_envelope(ENVELOPE, [other, SIGNER.public_key]) == PAYLOAD
    with pytest.raises(VerificationError, match="trusts"):
        open_envelope(ENVELOPE, [other])


def _changed(**change: Any) -> bytes:
    return json.dumps({**json.loads(ENVELOPE), **change}).encode()


@pytest.mark.parametrize("forged", [
    b"", b"[]", b"{}", b"null", b"\xff", _changed(signatures=[]), _changed(payload="!"),
    _changed(payload=base64.b64encode(PAYLOAD.replace(b'"prod"', b'"test"')).decode()),
    _changed(payloadType="application/json"), _changed(signatures=[{"keyid": "x"}]), _changed(signatures="x"),
    _changed(signatures=json.loads(ENVELOPE)["signatures"] * 2),
], ids=["empty", "list", "no fields", "null", "not text", "unsigned", "no base64", "other payload", "other type",
        "no signature", "no list", "twice the same"])
def test_forged_envelopes_are_refused(forged: bytes) -> None:
    with pytest.raises(VerificationError):
        open_envelope(forged, [SIGNER.public_key])


def test_every_bit_of_the_signature_counts() -> None:
    data = json.loads(ENVELOPE)
    signature = base64.b64decode(data["signatures"][0]["sig"])
    for at in range(len(signature) * 8):
        forged = bytearray(signature)
        forged[at // 8] ^= 1 << at % 8
        data["signatures"][0]["sig"] = base64.b64encode(bytes(forged)).decode()
        with pytest.raises(VerificationError):
            open_envelope(json.dumps(data).encode(), [SIGNER.public_key])


def test_a_signed_payload_of_another_type_is_no_statement() -> None:
    envelope = Envelope(PAYLOAD, "application/json", {})
    envelope.sign(SIGNER)
    with pytest.raises(VerificationError, match="application/json"):
        open_envelope(json.dumps(envelope.to_dict()).encode(), [SIGNER.public_key])


def _statement(**change: Any) -> bytes:
    return json.dumps({**json.loads(PAYLOAD), **change}).encode()


SUBJECT = json.loads(PAYLOAD)["subject"][0]


@pytest.mark.parametrize("payload", [
    b"", b"[]", b"7", _statement(_type="https://in-toto.io/Statement/v0.1"), _statement(predicateType="x"),
    _statement(subject=[]), _statement(subject=[SUBJECT, SUBJECT]), _statement(predicate={}),
    _statement(subject=[{**SUBJECT, "digest": {"sha256": "abc"}}]),
    _statement(subject=[{**SUBJECT, "digest": {"sha256": "G" * 64}}]),
    _statement(subject=[{**SUBJECT, "digest": {"sha256": DIGEST.upper()}}]),
    _statement(subject=[{**SUBJECT, "digest": {"sha256": "X" + DIGEST[1:]}}]),
    _statement(subject=[{**SUBJECT, "annotations": {}}]), _statement(predicate={"started_at": 3}),
], ids=["empty", "list", "number", "old type", "other predicate", "no subject", "two subjects", "no predicate",
        "short digest", "no hex", "upper case", "a letter", "no size", "bad time"])
def test_what_is_no_statement_is_refused(payload: bytes) -> None:
    with pytest.raises(VerificationError):
        read_statement(payload)


@pytest.mark.parametrize(("payload", "says"), [
    (_statement(_type="a", predicateType="b"), "The statement is of the type a / b"),
    (_statement(subject=[{**SUBJECT, "digest": {"sha256": "abc"}}]),
     "The statement cannot be read: ValueError(\"'abc' is no SHA-256\")"),
])
def test_why_a_statement_is_refused(payload: bytes, says: str) -> None:
    with pytest.raises(VerificationError) as caught:
        read_statement(payload)
    assert caught.value.message == says


def test_why_an_envelope_is_refused() -> None:
    with pytest.raises(VerificationError) as caught:
        open_envelope(b"{}", [SIGNER.public_key])
    assert caught.value.message == "The envelope cannot be read: KeyError('payload')"
    with pytest.raises(VerificationError) as caught:
        open_envelope(ENVELOPE, [CryptoSigner.generate_ed25519().public_key])
    assert caught.value.message == "The envelope carries no signature of a key that this store trusts"


def test_parts_with_more_or_fewer_fields_are_read() -> None:
    predicate = json.loads(PAYLOAD)["predicate"]
    predicate["lacking"] = [{"what": "eu-west-2", "reason": "denied", "of a later version": 1}]
    assert read_statement(_statement(predicate=predicate)).provenance.lacking == (Lacking("eu-west-2", "denied"),)
