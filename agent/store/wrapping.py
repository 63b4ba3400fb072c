"""What wraps data keys: a key file of its owner alone, or a key of AWS KMS that never leaves it (ADR 10)."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from agent import canonical
from agent.errors import StoreError, VerificationError
from agent.store.faults import reaching
from agent.store.files import write_new

FILE, AWS = "file:", "awskms:"
BYTES, NONCE = 32, 12
Random = Callable[[int], bytes]
Context = Mapping[str, str]
"""What a data key is for, scope and id; it opens only with the same."""


class Wrapper(Protocol):
    """Wraps secret bytes for a context, and opens them for the same."""

    @property
    def name(self) -> str:
        """What stands beside a wrapped key, so that another wrapping key is told from a changed one."""

    def wrap(self, secret: bytes, context: Context) -> bytes:
        """Return the wrapped bytes; raises `StoreError` where the key cannot be used."""

    def unwrap(self, wrapped: bytes, context: Context) -> bytes:
        """Return the secret; raises `VerificationError` where it was changed or is of another context."""


def open_wrapper(uri: str, *, create: bool = False, random: Random = os.urandom) -> Wrapper:
    """Return what an address names; `create` makes a key file that is not there. Raises `StoreError`."""
    if uri.startswith(AWS):
        return AwsWrapper(uri.removeprefix(AWS))
    if not uri.startswith(FILE):
        raise StoreError(f"{uri} is no address of a wrapping key", advice=f"It begins with {FILE} or {AWS}")
    return FileWrapper(Path(uri.removeprefix(FILE)), create=create, random=random)


class FileWrapper:
    """AES-256-GCM by a key in a file: 64 hexadecimal digits, mode 0600."""

    def __init__(self, path: Path, *, create: bool = False, random: Random = os.urandom) -> None:
        with reaching(f"read the wrapping key {path}"):
            if create and not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                write_new(path, random(BYTES).hex().encode() + b"\n", mode=0o600)
            if not path.exists():
                raise StoreError(f"The wrapping key {path} is not there", advice="Bring it back from the backup")
            mode, said = path.stat().st_mode & 0o777, path.read_bytes().strip()
        if mode & 0o077:
            raise StoreError(
                f"The wrapping key {path} can be read by others (mode {mode:04o})", advice=f"chmod 600 {path}"
            )
        if not re.fullmatch(rb"[0-9a-fA-F]{%d}" % (2 * BYTES), said):
            raise StoreError(f"{path} is no wrapping key", advice="openssl rand -hex 32 makes one")
        secret = bytes.fromhex(said.decode())
        self._cipher, self._random = AESGCM(secret), random
        self.name = f"{FILE}{hashlib.sha256(b'annexa wrapping key' + secret).hexdigest()[:16]}"

    def wrap(self, secret: bytes, context: Context) -> bytes:
        """Return nonce and ciphertext."""
        nonce = self._random(NONCE)
        return nonce + self._cipher.encrypt(nonce, secret, canonical.document(context))

    def unwrap(self, wrapped: bytes, context: Context) -> bytes:
        """Return the secret."""
        try:
            return self._cipher.decrypt(wrapped[:NONCE], wrapped[NONCE:], canonical.document(context))
        except (InvalidTag, ValueError) as error:
            raise VerificationError(_changed(context)) from error


class AwsWrapper:
    """`Encrypt` and `Decrypt` of AWS KMS, by key id, ARN or alias, with the encryption context."""

    def __init__(self, key: str) -> None:
        self._key = key
        self.name = AWS + key
        region = key.split(":")[3] if key.startswith("arn:") and key.count(":") > 4 else None
        self._client = _client(region)

    def wrap(self, secret: bytes, context: Context) -> bytes:
        """Return what KMS made of it."""
        with _asking(self._key):
            return bytes(self._client.encrypt(
                KeyId=self._key, Plaintext=secret, EncryptionContext=dict(context))["CiphertextBlob"])

    def unwrap(self, wrapped: bytes, context: Context) -> bytes:
        """Return the secret."""
        changed = self._client.exceptions.InvalidCiphertextException
        try:
            with _asking(self._key, changed):
                return bytes(self._client.decrypt(
                    KeyId=self._key, CiphertextBlob=wrapped, EncryptionContext=dict(context))["Plaintext"])
        except changed as error:
            raise VerificationError(_changed(context)) from error


def _changed(context: Context) -> str:
    return (f"the data key {context['key']} of the scope {context['scope']} does not open: "
            "its wrapped form was changed, or is of another scope")


def _client(region: str | None) -> Any:
    try:
        import boto3  # noqa: PLC0415 - 0.3 s that only a store wrapped by KMS needs
        from botocore.config import Config  # noqa: PLC0415 - as above
    except ModuleNotFoundError as error:
        raise StoreError("Keys of AWS KMS need boto3", advice="Install annexa with the extra `aws`") from error
    with _asking("awskms"):
        config = Config(retries={"mode": "standard"})
        return boto3.Session().client("kms", region_name=region, config=config)


@contextmanager
def _asking(key: str, *passed: type[Exception]) -> Iterator[None]:
    """Raise `StoreError` for what KMS refuses, but for what `passed` names."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - see `_client`

    try:
        yield
    except passed:
        raise
    except (BotoCoreError, ClientError) as error:
        said = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise StoreError(
            f"The wrapping key {key} cannot be used: {said[:300]}",
            advice="The agent needs kms:Encrypt and kms:Decrypt on it",
        ) from error
