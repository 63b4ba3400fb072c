"""The checkpoint, read by a parser of signed notes that knows nothing of ours; and every way to forge one."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from agent.errors import VerificationError
from agent.seal import Checkpoint, open_checkpoint, seal_checkpoint, verifier_key
from agent.seal.note import read_body, split_note
from agent.seal.signing import CryptoSigner

ORIGIN = "example-ltd/annexa/0123456789abcdef"
SIGNER = CryptoSigner.generate_ed25519()
HEAD = Checkpoint(ORIGIN, 42, hashlib.sha256(b"root").digest())
NOTE = seal_checkpoint(HEAD, SIGNER)


def read_note(note: bytes, vkey: str) -> list[str]:
    """C2SP signed-note, step by step: split, find our line by name and hash, verify."""
    name, hint, material = vkey.split("+", 2)
    key = base64.b64decode(material)
    assert key[0] == 1
    assert hashlib.sha256(name.encode() + b"\n" + key).digest()[:4].hex() == hint
    text, signatures = note.decode().rsplit("\n\n", 1)
    text += "\n"
    for line in signatures.removesuffix("\n").split("\n"):
        dash, signer, blob = line.split(" ")
        data = base64.b64decode(blob)
        if dash == "\u2014" and signer == name and data[:4].hex() == hint:
            Ed25519PublicKey.from_public_bytes(key[1:]).verify(data[4:], text.encode())
            return text.split("\n")
    raise InvalidSignature


def test_an_independent_reader_accepts_it() -> None:
    lines = read_note(NOTE, verifier_key(ORIGIN, SIGNER.public_key))
    assert lines == [ORIGIN, "42", base64.b64encode(hashlib.sha256(b"root").digest()).decode(), ""]


def test_sealing_is_deterministic() -> None:
    assert seal_checkpoint(HEAD, SIGNER) == NOTE


def test_it_opens_as_it_was_sealed() -> None:
    assert open_checkpoint(NOTE, SIGNER.public_key, ORIGIN) == HEAD


def test_further_signatures_do_not_disturb() -> None:
    stranger = base64.b64encode(b"\1\2\3\4" + bytes(64)).decode()
    more = NOTE + f"\u2014 witness.example {stranger}\n".encode()
    assert open_checkpoint(more, SIGNER.public_key, ORIGIN) == HEAD
    first, _, rest = NOTE.partition(b"\n\n")
    before = first + b"\n\n" + f"\u2014 witness.example {stranger}\n".encode() + rest
    assert open_checkpoint(before, SIGNER.public_key, ORIGIN) == HEAD


def test_every_changed_byte_is_refused() -> None:
    for at in range(len(NOTE)):
        if NOTE[at : at + 1] == b"\n" and at == len(NOTE) - 1:
            continue
        forged = NOTE[:at] + bytes([NOTE[at] ^ 1]) + NOTE[at + 1 :]
        with pytest.raises(VerificationError):
            open_checkpoint(forged, SIGNER.public_key, ORIGIN)


def _resign(body: str) -> bytes:
    signature = bytes.fromhex(SIGNER.sign(body.encode()).signature)
    hint = base64.b64decode(NOTE.decode().rstrip("\n").rsplit(" ", 1)[1])[:4]
    return f"{body}\n\u2014 {ORIGIN} {base64.b64encode(hint + signature).decode()}\n".encode()


ROOT = base64.b64encode(HEAD.root).decode()


@pytest.mark.parametrize("forged", [
    b"", b"\n\n", b"\xff\xfe", NOTE.split(b"\n\n", maxsplit=1)[0] + b"\n\n",
    _resign(f"{ORIGIN}\n042\n{ROOT}\n"), _resign(f"{ORIGIN}\n+42\n{ROOT}\n"), _resign(f"{ORIGIN}\n-1\n{ROOT}\n\n"),
    _resign(f"{ORIGIN}\n42\n{ROOT}\n\nmore\n"), _resign(f"{ORIGIN}\n42\n{ROOT}\n\x01\n"), _resign(f"\n42\n{ROOT}\n"), _resign(f"{ORIGIN}\n42\n{base64.b64encode(b'short').decode()}\n"),
    _resign(f"other/log\n42\n{ROOT}\n"), _resign(f"{ORIGIN}\n4_2\n{ROOT}\n"),
], ids=["empty", "blank", "not text", "unsigned", "leading zero", "plus", "negative", "empty extension", "control character", "no origin", "short root",
        "another log", "underscore"])
def test_malformed_notes_are_refused(forged: bytes) -> None:
    with pytest.raises(VerificationError):
        open_checkpoint(forged, SIGNER.public_key, ORIGIN)


def test_extension_lines_are_kept_and_signed() -> None:
    note = _resign(f"{ORIGIN}\n42\n{ROOT}\nvalid-until 2027\nanother\n")
    found = open_checkpoint(note, SIGNER.public_key, ORIGIN)
    assert found == Checkpoint(ORIGIN, 42, HEAD.root, ("valid-until 2027", "another"))
    assert seal_checkpoint(found, SIGNER) == note
    with pytest.raises(VerificationError, match="no signature"):
        open_checkpoint(note.replace(b"2027", b"2028"), SIGNER.public_key, ORIGIN)


def test_a_note_has_room_for_sixteen_witnesses_and_no_end() -> None:
    line = f"\u2014 witness.example {base64.b64encode(b'abcd' + bytes(72)).decode()}\n".encode()
    assert open_checkpoint(NOTE + line * 16, SIGNER.public_key, ORIGIN) == HEAD
    assert open_checkpoint(NOTE + line * 63, SIGNER.public_key, ORIGIN) == HEAD
    with pytest.raises(VerificationError, match=r"^The checkpoint is not written as the format asks$"):
        open_checkpoint(NOTE + line * 64, SIGNER.public_key, ORIGIN)


def test_the_log_before_its_first_leaf_has_a_checkpoint() -> None:
    empty = Checkpoint(ORIGIN, 0, hashlib.sha256().digest())
    assert open_checkpoint(seal_checkpoint(empty, SIGNER), SIGNER.public_key, ORIGIN) == empty


@pytest.mark.parametrize(("body", "says"), [
    (f"\n42\n{ROOT}\n", "The checkpoint is not written as the format asks"),
    (f"{ORIGIN}\n-1\n{ROOT}\n", "The checkpoint is not written as the format asks"),
    (f"{ORIGIN}\nx\n{ROOT}\n", "The checkpoint is no signed note of a log"),
    (f"{ORIGIN}\n42\n!\n", "The checkpoint is not written as the format asks"),
    (f"{ORIGIN}\n42\n", "The checkpoint is no signed note of a log"),
])
def test_why_the_text_of_a_checkpoint_is_refused(body: str, says: str) -> None:
    with pytest.raises(VerificationError) as caught:
        read_body(body)
    assert caught.value.message == says


def test_a_control_character_is_no_part_of_a_note() -> None:
    with pytest.raises(VerificationError) as caught:
        split_note(_resign(f"{ORIGIN}\n42\n{ROOT}\n\x01\n"))
    assert caught.value.message == "The checkpoint is not written as the format asks"


@pytest.mark.parametrize(("forged", "says"), [
    (b"nothing", "The checkpoint is no signed note of a log"),
    (_resign(f"{ORIGIN}\n042\n{ROOT}\n"), "The checkpoint is not written as the format asks"),
    (_resign(f"other/log\n42\n{ROOT}\n"), f"The checkpoint is of the log other/log, not of {ORIGIN}"),
    (NOTE.replace(b"\n42\n", b"\n43\n"), "The checkpoint carries no signature of the log's key"),
    (NOTE + b"\n\xe2\x80\x94 x AAAA\n", "The checkpoint is not written as the format asks"),
    (NOTE + b"junk\n", "The checkpoint has lines that are no signatures"),
    (NOTE[:-1], "The checkpoint has lines that are no signatures"),
], ids=["nothing", "format", "log", "size", "blank between", "junk", "cut"])
def test_why_a_checkpoint_is_refused(forged: bytes, says: str) -> None:
    with pytest.raises(VerificationError) as caught:
        open_checkpoint(forged, SIGNER.public_key, ORIGIN)
    assert caught.value.message == says


def test_another_key_or_log_is_refused() -> None:
    with pytest.raises(VerificationError, match="no signature"):
        open_checkpoint(NOTE, CryptoSigner.generate_ed25519().public_key, ORIGIN)
    with pytest.raises(VerificationError, match="not of"):
        open_checkpoint(NOTE, SIGNER.public_key, "example-ltd/annexa/other")


def test_a_key_of_the_curve_p_256_signs_as_rekor_does() -> None:
    signer = CryptoSigner.generate_ecdsa()
    note = seal_checkpoint(HEAD, signer)
    assert open_checkpoint(note, signer.public_key, ORIGIN) == HEAD
    der = load_pem_public_key(signer.public_key.keyval["public"].encode()).public_bytes(
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    hint = hashlib.sha256(der).digest()[:4]
    assert base64.b64decode(note.decode().split(" ")[-1])[:4] == hint
    assert verifier_key(ORIGIN, signer.public_key) == (
        f"{ORIGIN}+{hint.hex()}+{base64.b64encode(bytes([2]) + der).decode()}")
    for other in (CryptoSigner.generate_ecdsa(), SIGNER):
        with pytest.raises(VerificationError, match="no signature of the log's key"):
            open_checkpoint(note, other.public_key, ORIGIN)


def test_no_other_key_signs_a_checkpoint() -> None:
    with pytest.raises(ValueError, match=r"^a checkpoint is signed with a key of Ed25519 or P-256$"):
        seal_checkpoint(HEAD, CryptoSigner.generate_rsa())
