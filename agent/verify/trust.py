"""The trust root: one PEM file, kept outside what it judges, with the keys that are believed and from when to when.

A public key alone is a trust root. After a rotation both keys stand in it, each below the lines
`From:` and `Until:` that bound what it may have signed; certificates in it are those of time stamp
authorities, lines `Witness:` name the keys of witnesses. Other text stands behind `#`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from agent.errors import ConfigurationError, VerificationError
from agent.seal import Checkpoint, Witness, open_checkpoint, read_witness
from agent.seal.signing import SSlibKey, public_key

_BLOCK = re.compile(r"-----BEGIN ([A-Z ]+)-----\n.*?-----END \1-----", re.DOTALL)
WITNESS = "Witness:"
_SPAN = re.compile(r"(From|Until): (\S+)$")


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A key and the span of what it may have signed, from the first instant on and before the second."""

    key: SSlibKey
    since: datetime | None = None
    until: datetime | None = None

    def covers(self, at: datetime) -> bool:
        """Return whether the key was trusted at an instant."""
        return (self.since is None or at >= self.since) and not self.ended(at)

    def ended(self, at: datetime) -> bool:
        """Return whether the key was no more trusted at an instant."""
        return self.until is not None and at >= self.until


@dataclass(frozen=True, slots=True)
class Trust:
    """The trust root as read: where it lies, its SHA-256, its keys, certificates and witnesses."""

    path: str
    digest: str
    keys: tuple[TrustedKey, ...]
    certificates: tuple[x509.Certificate, ...] = ()
    witnesses: tuple[Witness, ...] = ()

    def line(self) -> str:
        """Return which file is believed, by name and digest, and what stands in it."""
        return (
            f"{self.path} (SHA-256 {self.digest}) with {len(self.keys)} key(s), "
            f"{len(self.certificates)} certificate(s) of time stamp authorities and {len(self.witnesses)} witness(es)"
        )

    def at(self, instant: datetime) -> list[SSlibKey]:
        """Return the keys that were trusted at an instant."""
        return [one.key for one in self.keys if one.covers(instant)]

    def open_note(self, note: bytes, origin: str | None = None) -> tuple[Checkpoint, TrustedKey]:
        """Return the checkpoint of a note and the key that signed it; raises `VerificationError` where none did."""
        name = note.split(b"\n", 1)[0].decode("utf-8", "replace") if origin is None else origin
        refusal = VerificationError("The trust root holds no key")
        for one in self.keys:
            try:
                return open_checkpoint(note, one.key, name), one
            except VerificationError as error:
                refusal = error
        raise refusal


def read_trust(path: Path, judged: Iterable[Path] = ()) -> Trust:
    """Return a trust root; raises `ConfigurationError` where it cannot be read or lies in what it is to judge."""
    real = path.resolve()
    for folder in judged:
        if real.is_relative_to(folder.resolve()):
            raise ConfigurationError(
                f"{path} lies within {folder}, which it is to judge: whoever can change one can change the other",
                advice="Name a copy that was taken out and kept elsewhere",
            )
    try:
        data = path.read_bytes()
        text = data.decode("utf-8")
    except OSError as error:
        raise ConfigurationError(f"the trust root {path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"the trust root {path} is no PEM file") from error
    keys, certificates, witnesses = _parse(path, text.replace("\r\n", "\n"))
    if not keys:
        raise ConfigurationError(f"the trust root {path} holds no public key", advice="Name the PEM file with the key")
    return Trust(str(path), hashlib.sha256(data).hexdigest(), tuple(keys), tuple(certificates),
                 tuple(witnesses))


def _parse(path: Path, text: str) -> tuple[list[TrustedKey], list[x509.Certificate], list[Witness]]:
    keys: list[TrustedKey] = []
    certificates: list[x509.Certificate] = []
    witnesses: list[Witness] = []
    at = 0
    for block in _BLOCK.finditer(text):
        span = _said(path, text[at : block.start()], witnesses)
        at = block.end()
        try:
            if block[1] == "PUBLIC KEY":
                keys.append(TrustedKey(public_key(block[0].encode()), span.get("From"), span.get("Until")))
            elif block[1] == "CERTIFICATE":
                certificates.append(x509.load_pem_x509_certificate(block[0].encode()))
            else:
                raise ConfigurationError(
                    f"{path} holds a {block[1].lower()}, which no trust root has", advice="Name the public half"
                )
        except (ValueError, UnsupportedAlgorithm) as error:
            raise ConfigurationError(f"{path} holds a damaged {block[1].lower()}: {error}") from error
    _said(path, text[at:], witnesses)
    return keys, certificates, witnesses


def _said(path: Path, text: str, witnesses: list[Witness]) -> dict[str, datetime]:
    """Return the instants said before a block, and add the witnesses; any other line may be a misspelt bound."""
    said: dict[str, datetime] = {}
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith(WITNESS):
            witnesses.append(_witness(path, line.removeprefix(WITNESS).strip()))
            continue
        found = _SPAN.fullmatch(line.strip())
        try:
            instant = datetime.fromisoformat(found[2]) if found else None
        except ValueError:
            instant = None
        if found is None or instant is None or instant.tzinfo is None:
            raise ConfigurationError(
                f"the trust root {path} says {line.strip()[:60]!r}",
                advice="Write From: or Until: and an instant such as 2026-12-07T00:00:00Z, Witness: and a verifier "
                       "key, or # before a remark",
            )
        said[found[1]] = instant
    return said


def _witness(path: Path, text: str) -> Witness:
    try:
        return read_witness(text)
    except ValueError as error:
        raise ConfigurationError(f"the trust root {path} names the witness {text[:60]!r}: {error}") from error
