"""C2SP tlog-checkpoint in a C2SP signed note: origin, size, root, and signature lines.

Ed25519 (type 0x01), or where the key is a KMS's ECDSA with SHA-256 (type 0x02, as Rekor's checkpoints).
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

from securesystemslib.exceptions import UnverifiedSignatureError

from agent.errors import VerificationError
from agent.seal.signing import CURVE, Signature, Signer, SSlibKey

ED25519, ECDSA = b"\x01", b"\x02"
DASH = "\u2014 "  # an em dash and a space begin a signature line
HINT = 4
MOST = 64
"""Signature lines that a note may have; the format asks for at least 16."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signed tree head: which log, how many leaves, which root; `extension` are lines that mean nothing to us."""

    origin: str
    size: int
    root: bytes
    extension: tuple[str, ...] = ()

    def body(self) -> bytes:
        """Return the text that is signed."""
        lines = (self.origin, str(self.size), base64.b64encode(self.root).decode(), *self.extension)
        return "".join(f"{line}\n" for line in lines).encode()


def _bytes(key: SSlibKey) -> bytes:
    """Return the type and the bytes of a key: those of Ed25519, or the DER of an ECDSA key."""
    if key.scheme == CURVE:
        return ECDSA + base64.b64decode("".join(key.keyval["public"].strip().splitlines()[1:-1]))
    return ED25519 + bytes.fromhex(key.keyval["public"])


def key_hash(name: str, key: SSlibKey) -> bytes:
    """Return the four bytes by which a signature line points to its key."""
    data = _bytes(key)
    hashed = data[1:] if key.scheme == CURVE else name.encode() + b"\n" + data
    return hashlib.sha256(hashed).digest()[:HINT]


def verifier_key(name: str, key: SSlibKey) -> str:
    """Return the key as tools for signed notes take it: `name+hash+base64`."""
    return f"{name}+{key_hash(name, key).hex()}+{base64.b64encode(_bytes(key)).decode()}"


def seal_checkpoint(checkpoint: Checkpoint, signer: Signer) -> bytes:
    """Return the signed note of a checkpoint."""
    key = signer.public_key
    if not isinstance(key, SSlibKey) or key.scheme not in {"ed25519", CURVE}:
        raise ValueError("a checkpoint is signed with a key of Ed25519 or P-256")
    body = checkpoint.body()
    signature = bytes.fromhex(signer.sign(body).signature)
    blob = base64.b64encode(key_hash(checkpoint.origin, key) + signature).decode()
    return body + f"\n{DASH}{checkpoint.origin} {blob}\n".encode()


def split_note(note: bytes) -> tuple[str, list[str]]:
    """Return the text of a signed note and its signature lines; raises `VerificationError` where it is none."""
    try:
        text = note.decode()
        at = text.rindex("\n\n")
    except ValueError as error:
        raise VerificationError("The checkpoint is no signed note of a log") from error
    *lines, end = text[at + 2 :].split("\n")
    if end or not all(line.startswith(DASH) for line in lines):
        raise VerificationError("The checkpoint has lines that are no signatures")
    if any(one < " " and one != "\n" for one in text) or len(lines) > MOST:
        raise VerificationError("The checkpoint is not written as the format asks")
    return text[: at + 1], lines


def read_body(body: str) -> Checkpoint:
    """Return the checkpoint of a note's text, which nobody has verified yet; raises `VerificationError`."""
    try:
        name, size, root, *extension, _end = body.split("\n")
        checkpoint = Checkpoint(name, int(size), base64.b64decode(root), tuple(extension))
    except ValueError as error:
        raise VerificationError("The checkpoint is no signed note of a log") from error
    if (checkpoint.body() != body.encode() or len(checkpoint.root) != hashlib.sha256().digest_size or not name
            or checkpoint.size < 0 or not all(extension)):
        raise VerificationError("The checkpoint is not written as the format asks")
    return checkpoint


def open_checkpoint(note: bytes, key: SSlibKey, origin: str) -> Checkpoint:
    """Return the checkpoint of a note that the key signed for this log; else raises `VerificationError`.

    Signatures of other keys are passed over (witnesses), and so are extension lines, which the signature covers.
    """
    body, signatures = split_note(note)
    checkpoint = read_body(body)
    if checkpoint.origin != origin:
        raise VerificationError(f"The checkpoint is of the log {checkpoint.origin}, not of {origin}")
    if not any(_signed(line, body.encode(), key, origin) for line in signatures):
        raise VerificationError("The checkpoint carries no signature of the log's key")
    return checkpoint


def _signed(line: str, body: bytes, key: SSlibKey, origin: str) -> bool:
    name, _, blob = line.removeprefix(DASH).rpartition(" ")
    try:
        data = base64.b64decode(blob)
    except ValueError:
        return False
    if base64.b64encode(data).decode() != blob:
        return False
    if name != origin or data[:HINT] != key_hash(origin, key):
        return False
    try:
        key.verify_signature(Signature(key.keyid, data[HINT:].hex()), body)
    except UnverifiedSignatureError:
        return False
    return True
