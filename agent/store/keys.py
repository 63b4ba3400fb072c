"""The signing key: a file only its owner can read, or a key of a KMS by its address; public halves are kept beside."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from agent.errors import StoreError
from agent.seal.signing import CryptoSigner, Signer, SSlibKey, public_key
from agent.store.faults import reaching
from agent.store.files import make_directory, write_new

PRIVATE = "signing-key.pem"
PUBLIC = "signing-key.pub"
NEXT, NEXT_PUBLIC = "next-key.pem", "next-key.pub"
"""The key of a change that is under way; its leaf comes first."""
RETIRED = "retired"
FILE = "file:"


class Keys(NamedTuple):
    """The key that verifies what is signed now, the signer where this process may sign, and every key there was."""

    public: SSlibKey
    signer: Signer | None
    ring: tuple[SSlibKey, ...]


def open_keys(directory: Path, *, sign: bool, create: bool, uri: str = "") -> Keys:
    """Return the store's keys; raises `StoreError` where the key is gone, unreadable, readable by others or another."""
    public = directory / PUBLIC
    with reaching(f"read the keys in {directory}"):
        if sign:
            signer = open_signer(uri, private_path(directory, uri), create=create)
            _finish(directory, signer)
            if not public.exists():
                write_new(public, public_pem(half(signer)))
            return _keys(directory, _public(public, half(signer)), signer)
        if not public.exists():
            raise StoreError(
                f"There is no public key {public}", advice="Run annexa once as the agent, or copy the key there"
            )
        return _keys(directory, _public(public, None), None)


def half(signer: Signer) -> SSlibKey:
    """Return the public half of a signer's key."""
    key = signer.public_key
    assert isinstance(key, SSlibKey)
    return key


def _keys(directory: Path, public: SSlibKey, signer: Signer | None) -> Keys:
    retired = tuple(_public(file, None) for file in sorted((directory / RETIRED).glob("*.pub")))
    coming = directory / NEXT_PUBLIC
    after = (_public(coming, None),) if coming.exists() else ()
    return Keys(public, signer, (public, *retired, *after))


def private_path(directory: Path, uri: str) -> Path | None:
    """Return where the private key lies, None where it is a KMS's."""
    if uri and not uri.startswith(FILE):
        return None
    return Path(uri.removeprefix(FILE)) if uri else directory / PRIVATE


def open_signer(uri: str, private: Path | None, *, create: bool) -> Signer:
    """Return the signer of an address."""
    if private is None:
        from agent.store.kms import open_kms  # noqa: PLC0415 - few need it, and it loads the provider's SDK

        return open_kms(uri)
    if not private.exists():
        if not create:
            raise StoreError(
                f"The signing key {private} is gone, and this store is signed with it",
                advice="Bring it back from the backup",
            )
        create_key(private)
    return _signer(private)


def create_key(path: Path) -> CryptoSigner:
    """Make an Ed25519 key in a file of its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_new(path, CryptoSigner.generate_ed25519().private_bytes, mode=0o600)
    return _signer(path)


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
        found = public_key(path.read_bytes())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise StoreError(f"{path}: {error}") from error
    if expected is not None and found.keyid != expected.keyid:
        raise StoreError(
            f"{path} does not belong to the signing key",
            advice="Bring the right one back; another key comes by `annexa keys rotate`, and then into signing:",
        )
    return found


def public_pem(key: SSlibKey) -> bytes:
    """Return a public key as PEM."""
    if key.keytype != "ed25519":
        return str(key.keyval["public"]).strip().encode() + b"\n"
    raw = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key.keyval["public"]))
    return raw.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def prepare(directory: Path, uri: str) -> SSlibKey:
    """Return the key that comes next, kept until its leaf is in the log; a change that was cut off goes on with its."""
    coming = directory / NEXT_PUBLIC
    with reaching(f"prepare a key in {directory}"):
        private = private_path(directory, uri)
        if private is None:
            key = half(open_signer(uri, None, create=False))
        else:
            unfinished = directory / NEXT
            key = half(_signer(unfinished) if unfinished.exists() else create_key(unfinished))
        write_new(coming, public_pem(key))
        return _public(coming, None)


def switch(directory: Path, old: SSlibKey, uri: str) -> None:
    """Retire the old key and put the next one into its place; every step may be repeated."""
    with reaching(f"change the key in {directory}"):
        _retire(directory, old)
        private = private_path(directory, uri)
        if (directory / NEXT).exists() and private is not None:
            (directory / NEXT).replace(private)
        (directory / NEXT_PUBLIC).replace(directory / PUBLIC)


def _finish(directory: Path, signer: Signer) -> None:
    """Let the public half follow where a change was cut off after the private one."""
    coming = directory / NEXT_PUBLIC
    if coming.exists() and _public(coming, None).keyid == signer.public_key.keyid:
        if (directory / PUBLIC).exists():
            _retire(directory, _public(directory / PUBLIC, None))
        coming.replace(directory / PUBLIC)


def _retire(directory: Path, old: SSlibKey) -> None:
    make_directory(directory / RETIRED)
    write_new(directory / RETIRED / f"{old.keyid[:16]}.pub", public_pem(old))
