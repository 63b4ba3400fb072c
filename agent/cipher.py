"""The format of encrypted objects (ADR 10): AES-256-GCM in chunks, STREAM as in age, a key derived for each object."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO, Any, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from agent.errors import VerificationError

MAGIC = b"annexaE1"
ID, SALT, SECRET, TAG = 16, 32, 32, 16
HEADER = len(MAGIC) + ID + SALT
CHUNK = 1 << 18
"""Bytes of plaintext in every chunk but the last."""
ENDING = ".enc"


@dataclass(frozen=True, slots=True)
class DataKey:
    """The key of a scope: 32 secret bytes, and the id that follows from them (hexadecimal, 32 digits)."""

    id: str
    secret: bytes = field(repr=False)

    @classmethod
    def of(cls, secret: bytes) -> Self:
        """Return the key of some secret bytes; raises `ValueError` where these are not 32."""
        if len(secret) != SECRET:
            raise ValueError(f"a data key has {SECRET} bytes, not {len(secret)}")
        return cls(derived(secret, b"", b"annexa data key id", ID).hex(), secret)


def derived(secret: bytes, salt: bytes, info: bytes, length: int = SECRET) -> bytes:
    """Return a key for one purpose, derived from a secret (HKDF-SHA256, RFC 5869)."""
    return HKDF(SHA256(), length, salt or None, info).derive(secret)


def _cipher(key: DataKey, salt: bytes) -> AESGCM:
    return AESGCM(derived(key.secret, salt, b"annexa object v1" + MAGIC + bytes.fromhex(key.id)))


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


class Encrypting:
    """Takes plaintext and writes ciphertext to a file, a chunk at a time; `finish` writes the last one.

    `salt` is 32 random bytes that no other object of the key has; the file stays open.
    """

    def __init__(self, file: IO[bytes], key: DataKey, salt: bytes) -> None:
        if len(salt) != SALT:
            raise ValueError(f"a salt has {SALT} bytes, not {len(salt)}")
        self._file, self._cipher = file, _cipher(key, salt)
        self._held, self._number = bytearray(), 0
        file.write(MAGIC + bytes.fromhex(key.id) + salt)

    def write(self, data: bytes) -> int:
        """Take bytes; returns how many."""
        self._held += data
        # Not `>=`: what is held when no more comes is the last chunk, and that may be a full one.
        while len(self._held) > CHUNK:
            self._seal(bytes(memoryview(self._held)[:CHUNK]), last=False)
            del self._held[:CHUNK]
        return len(data)

    def flush(self) -> None:
        """Do nothing: a chunk is written when it is full."""

    def finish(self) -> None:
        """Write the last chunk; nothing may be written after it."""
        self._seal(bytes(self._held), last=True)
        self._held.clear()

    def _seal(self, chunk: bytes, *, last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._number, last=last), chunk, None))
        self._number += 1


class _Decrypting(io.RawIOBase):
    """A reader of the plaintext; whatever it returns was authenticated, in its place, before."""

    def __init__(self, file: IO[bytes], what: str, key: Callable[[str], DataKey]) -> None:
        self._file, self._what = file, what
        header = _whole(file, HEADER)
        if len(header) < HEADER or not header.startswith(MAGIC):
            raise VerificationError(f"{what} is not encrypted as its name says")
        name, salt = header[len(MAGIC):-SALT].hex(), header[-SALT:]
        self._cipher = _cipher(key(name), salt)
        self._ahead = _whole(file, CHUNK + TAG)
        self._plain, self._number = memoryview(b""), 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        if not self._plain and (self._ahead or not self._number):
            self._plain = memoryview(self._next())
        count = min(len(buffer), len(self._plain))
        buffer[:count] = self._plain[:count]
        self._plain = self._plain[count:]
        return count

    def _next(self) -> bytes:
        chunk = self._ahead
        self._ahead = _whole(self._file, CHUNK + TAG) if len(chunk) == CHUNK + TAG else b""
        try:
            found = self._cipher.decrypt(_nonce(self._number, last=not self._ahead), chunk, None)
        except (InvalidTag, ValueError) as error:
            raise VerificationError(
                f"{self._what} is damaged: chunk {self._number} was changed, moved or cut off"
            ) from error
        if not found and self._number:
            raise VerificationError(f"{self._what} is damaged: chunk {self._number} is empty")
        self._number += 1
        return found

    def close(self) -> None:
        self._file.close()
        super().close()


def _whole(file: IO[bytes], size: int) -> bytes:
    """Return so many bytes, or all that are left."""
    parts = []
    while size and (part := file.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def decrypting(file: IO[bytes], what: str, key: Callable[[str], DataKey]) -> IO[bytes]:
    """Return a reader of the plaintext of an encrypted file, closed with it; `key` returns the key of an id.

    It raises `VerificationError` with the first chunk that is not what was written in its place. Whoever stops
    before the end has not found out whether the end is there.
    """
    try:
        return io.BufferedReader(_Decrypting(file, what, key), CHUNK)
    except BaseException:
        file.close()
        raise


def encrypted(path: str) -> bool:
    """Return whether the object of a path is encrypted; the path stands in the signed statement."""
    return path.endswith(ENDING)


def key_of(path: str) -> str:
    """Return the id of the key in the path of an encrypted object."""
    return path.removesuffix(ENDING).rpartition(".")[2]
