"""The signing key: a file only its owner can read, made at the first start, its public half beside it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from agent.errors import StoreError
from agent.seal.signing import CryptoSigner, Signer, SSlibKey
from agent.store.faults import reaching
from agent.store.files import write_new

PRIVATE = "signing-key.pem"
PUBLIC = "signing-key.pub"


class Keys(NamedTuple):
    """The key that verifies, and the signer where this process may sign."""

    public: SSlibKey
    signer: Signer | None


def open_keys(directory: Path, *, sign: bool, create: bool) -> Keys:
    """Return the store's key; raises `StoreError` where it is gone, unreadable or readable by others."""
    private, public = directory / PRIVATE, directory / PUBLIC
    with reaching(f"read the keys in {directory}"):
        if sign:
            if not private.exists():
                if not create:
                    raise StoreError(
                        f"The signing key {private} is gone, and this store is signed with it",
                        advice="Bring it back from the backup",
                    )
                _create(private)
            signer = _signer(private)
            if not public.exists():
                write_new(public, public_pem(signer.public_key))
            return Keys(_public(public, signer.public_key), signer)
        if not public.exists():
            raise StoreError(
                f"There is no public key {public}", advice="Run annexa once as the agent, or copy the key there"
            )
        return Keys(_public(public, None), None)


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_new(path, CryptoSigner.generate_ed25519().private_bytes, mode=0o600)


def _signer(path: Path) -> CryptoSigner:
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        raise StoreError(f"The signing key {path} can be read by others (mode {mode:04o})", advice=f"chmod 600 {path}")
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise StoreError(f"{path} is no private key in PEM without a password") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise StoreError(f"{path} is no Ed25519 key", advice="openssl genpkey -algorithm ed25519 makes one")
    return CryptoSigner(key)


def _public(path: Path, expected: SSlibKey | None) -> SSlibKey:
    try:
        key = load_pem_public_key(path.read_bytes())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise StoreError(f"{path} is no public key in PEM") from error
    if not isinstance(key, Ed25519PublicKey):
        raise StoreError(f"{path} is no Ed25519 key")
    found = SSlibKey.from_crypto(key)
    if expected is not None and found.keyid != expected.keyid:
        raise StoreError(f"{path} does not belong to the signing key beside it", advice="Bring the right one back")
    return found


def public_pem(key: SSlibKey) -> bytes:
    """Return a public key as PEM."""
    raw = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key.keyval["public"]))
    return raw.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


