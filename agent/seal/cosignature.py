"""C2SP tlog-cosignature, v1: what a witness signs when it has seen that a log only grew (Ed25519, type 0x04).

The other type of the specification (ML-DSA-44, 0x06) is not read; its lines are those of unknown keys.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from agent.errors import VerificationError
from agent.seal.note import DASH, HINT, split_note

ED25519 = b"\x04"
RAW = 32
TIME = 8
SIGNATURE = 64
LATEST = 2**63 - 1
"""The greatest POSIX timestamp that the format allows."""


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness: its name and its Ed25519 public key, raw."""

    name: str
    key: bytes

    @property
    def hint(self) -> bytes:
        """Return the four bytes by which a cosignature points to its key."""
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519 + self.key).digest()[:HINT]

    def verifier_key(self) -> str:
        """Return the key as tools for signed notes take it: `name+hash+base64`."""
        return f"{self.name}+{self.hint.hex()}+{base64.b64encode(ED25519 + self.key).decode()}"


@dataclass(frozen=True, slots=True)
class Cosignature:
    """What a witness says: at this second the log had this checkpoint, and had never shown it another past."""

    witness: str
    at: datetime
    line: str


def read_witness(text: str) -> Witness:
    """Return the witness of a verifier key; raises `ValueError` with the reason where it is none."""
    name, _, rest = text.partition("+")
    hint, _, encoded = rest.partition("+")
    try:
        data = base64.b64decode(encoded, validate=True)
    except ValueError:
        raise ValueError("it is not written name+hash+base64") from None
    if not name or any(one.isspace() for one in name) or data[:1] != ED25519 or len(data) != 1 + RAW:
        raise ValueError("it is no Ed25519 key of a witness (type 0x04)")
    witness = Witness(name, data[1:])
    if hint != witness.hint.hex():
        raise ValueError(f"its hash is {witness.hint.hex()}, not {hint[:16]}")
    return witness


def cosignatures(note: bytes, witnesses: Sequence[Witness]) -> list[Cosignature]:
    """Return the cosignatures of known witnesses on a note; raises `VerificationError` where one does not hold.

    Lines of unknown keys are passed over, as the format asks.
    """
    body, lines = split_note(note)
    found = []
    for line in lines:
        name, _, blob = line.removeprefix(DASH).rpartition(" ")
        try:
            data = base64.b64decode(blob, validate=True)
        except ValueError:
            continue
        witness = next((one for one in witnesses if one.name == name and one.hint == data[:HINT]), None)
        if witness is not None:
            found.append(Cosignature(name, _verified(witness, data[HINT:], body.encode()), line))
    return found


def _verified(witness: Witness, data: bytes, body: bytes) -> datetime:
    """Return the second at which a witness signed; raises `VerificationError` unless it did."""
    seconds = int.from_bytes(data[:TIME], "big")
    if len(data) != TIME + SIGNATURE or seconds > LATEST:
        raise VerificationError(f"The cosignature of {witness.name} is not written as the format asks")
    try:
        Ed25519PublicKey.from_public_bytes(witness.key).verify(data[TIME:], signed(body, seconds))
        return datetime.fromtimestamp(seconds, UTC)
    except (InvalidSignature, ValueError, OverflowError, OSError) as error:
        raise VerificationError(f"The cosignature of {witness.name} is not over this checkpoint and time") from error


def signed(body: bytes, seconds: int) -> bytes:
    """Return what a witness signs: a head, the time, and the text of the checkpoint."""
    return f"cosignature/v1\ntime {seconds}\n".encode() + body
