"""A reader of signed notes written from the C2SP specification (signed-note, tlog-checkpoint) alone: nothing of ours.

A note is a text that ends in a newline, an empty line, and signature lines: an em dash, a space, the
key's name, a space, and base64 of four bytes of key id and the signature. The key id of an Ed25519 key
is the first four bytes of SHA-256(name || 0x0A || 0x01 || 32-byte public key). The signature is over the
text, its last newline included. A checkpoint's text is: origin, size in decimal, base64 of the root.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


@dataclass(frozen=True)
class Head:
    origin: str
    size: int
    root: bytes


def open_note(note: bytes, key: Ed25519PublicKey) -> Head:
    """Return the head; raises ValueError or InvalidSignature where the note is not as specified."""
    text, separator, signatures = note.rpartition(b"\n\n")
    if not separator or any(byte < 0x20 and byte != 0x0A for byte in note):
        raise ValueError("no signed note")
    text += b"\n"
    origin, size, root, *extensions, end = text.decode("utf-8").split("\n")
    if end or any(not line for line in extensions) or (size != str(int(size))):
        raise ValueError("no checkpoint")
    raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    expected = hashlib.sha256(origin.encode() + b"\n\x01" + raw).digest()[:4]
    verified = 0
    for line in signatures.decode("utf-8").removesuffix("\n").split("\n"):
        dash, name, encoded = line.split(" ")
        blob = base64.b64decode(encoded, validate=True)
        if dash != "\u2014" or len(blob) < 5:
            raise ValueError("no signature line")
        if name == origin and blob[:4] == expected:
            key.verify(blob[4:], text)
            verified += 1
    if verified != 1:
        raise ValueError("not signed by the key")
    decoded = base64.b64decode(root, validate=True)
    if len(decoded) != 32:
        raise ValueError("no root")
    return Head(origin, int(size), decoded)
