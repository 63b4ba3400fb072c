"""Cosignatures written here from the specification (C2SP tlog-cosignature, v1), and every way to forge one."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from agent.errors import VerificationError
from agent.seal import read_witness
from agent.seal.cosignature import Cosignature, Witness, cosignatures, signed

BODY = f"example.org/log\n42\n{base64.b64encode(hashlib.sha256(b'root').digest()).decode()}\n"
AT = 1_790_000_000
NAME = "witness.example/w1"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
RAW = KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
HINT = hashlib.sha256(NAME.encode() + b"\n\x04" + RAW).digest()[:4]
WITNESS = Witness(NAME, RAW)
VKEY = f"{NAME}+{HINT.hex()}+{base64.b64encode(bytes([4]) + RAW).decode()}"
STRANGER = "\u2014 other.example AAAAAAAA"


def line(
    *, seconds: int = AT, body: str = BODY, key: Ed25519PrivateKey = KEY, name: str = NAME, hint: bytes = HINT,
    cut: int | None = None, told: int | None = None,
) -> str:
    data = seconds.to_bytes(8, "big") + key.sign(f"cosignature/v1\ntime {seconds}\n{body}".encode())
    data = (data if told is None else told.to_bytes(8, "big") + data[8:])[:cut]
    return f"\u2014 {name} {base64.b64encode(hint + data).decode()}"


def note(*lines: str, body: str = BODY) -> bytes:
    return (body + "\n" + "".join(f"{one}\n" for one in (STRANGER, *lines))).encode()


def test_what_a_witness_signs() -> None:
    assert signed(BODY.encode(), AT) == f"cosignature/v1\ntime {AT}\n{BODY}".encode()


def test_a_cosignature_is_read_from_among_other_lines() -> None:
    expected = [Cosignature(NAME, datetime.fromtimestamp(AT, UTC), line())]
    assert cosignatures(note(line()), [WITNESS]) == expected
    assert cosignatures(note(f"\u2014 {NAME} !", line()), [WITNESS]) == expected
    assert cosignatures(note(line()), [Witness("another", RAW), Witness(NAME, bytes(32)), WITNESS]) == expected


def test_each_witness_counts_for_itself() -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    other = Witness("other.example/w2", raw)
    second = line(key=key, name=other.name, hint=other.hint, seconds=AT + 1)
    found = cosignatures(note(line(), second), [WITNESS, other])
    assert [(one.witness, one.at.timestamp()) for one in found] == [(NAME, AT), (other.name, AT + 1)]
    assert [one.witness for one in cosignatures(note(second, line()), [WITNESS])] == [NAME]


@pytest.mark.parametrize("passed_over", [
    line(name="other.example"), line(hint=b"abcd"), f"\u2014 {NAME} !!!", "\u2014 nothing",
    line().replace(" ", " !", 2).replace("!", "", 1),
], ids=["another name", "another hint", "no base64", "no name", "base64 with a stranger in it"])
def test_lines_of_unknown_keys_are_passed_over(passed_over: str) -> None:
    assert cosignatures(note(passed_over), [WITNESS]) == []


@pytest.mark.parametrize(("forged", "says"), [
    (line(cut=-1), "is not written as the format asks"),
    (line(cut=8), "is not written as the format asks"),
    (line(seconds=2**63), "is not written as the format asks"),
    (line(seconds=2**63 - 1), "is not over this checkpoint and time"),
    (line(told=AT + 1), "is not over this checkpoint and time"),
    (line(body=BODY.replace("42", "43")), "is not over this checkpoint and time"),
    (line(key=Ed25519PrivateKey.generate()), "is not over this checkpoint and time"),
], ids=["cut", "time alone", "too late to be written", "too late to be told", "another time", "another size", "another key"])
def test_a_cosignature_of_a_known_witness_that_does_not_hold_is_refused(forged: str, says: str) -> None:
    with pytest.raises(VerificationError) as caught:
        cosignatures(note(forged), [WITNESS])
    assert caught.value.message == f"The cosignature of {NAME} {says}"


def test_a_key_that_is_none_of_the_curve_verifies_nothing() -> None:
    broken = Witness(NAME, bytes(31))
    with pytest.raises(VerificationError, match="is not over this checkpoint"):
        cosignatures(note(line(hint=broken.hint)), [broken])


def test_the_verifier_key_of_a_witness() -> None:
    assert read_witness(VKEY) == WITNESS
    assert WITNESS.verifier_key() == VKEY


def vkey(name: str = NAME, data: bytes = b"\x04" + RAW, hint: str | None = None) -> str:
    made = hashlib.sha256(name.encode() + b"\n" + data).digest()[:4].hex() if hint is None else hint
    return f"{name}+{made}+{base64.b64encode(data).decode()}"


NO_KEY = "it is no Ed25519 key of a witness (type 0x04)"


@pytest.mark.parametrize(("text", "says"), [
    ("", NO_KEY), (NAME, NO_KEY), (vkey(name=""), NO_KEY), (vkey(name="a b"), NO_KEY), (vkey(name="a\tb"), NO_KEY),
    (vkey(data=b"\x01" + RAW), NO_KEY), (vkey(data=b"\x04" + RAW[:-1]), NO_KEY), (vkey(data=b"\x04" + RAW + b"x"), NO_KEY),
    (f"{NAME}+{HINT.hex()}+!", "it is not written name+hash+base64"),
    (VKEY.replace("+BA", "+!BA"), "it is not written name+hash+base64"),
    (vkey(hint="00000000"), f"its hash is {HINT.hex()}, not 00000000"),
    (vkey(hint="0123456789abcdef0123"), f"its hash is {HINT.hex()}, not 0123456789abcdef"),
])
def test_what_is_no_verifier_key_of_a_witness(text: str, says: str) -> None:
    with pytest.raises(ValueError, match="it") as caught:
        read_witness(text)
    assert str(caught.value) == says
