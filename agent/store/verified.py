"""Only what was verified has the type that others accept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import zstandard

from agent import canonical
from agent.errors import VerificationError
from agent.model import Provenance
from agent.seal import Statement, artifact_id, open_envelope, read_statement
from agent.seal.signing import SSlibKey
from agent.store.artifact import envelope_path
from agent.store.faults import reaching
from agent.store.objects import Objects

CHUNK = 1 << 18


class VerifiedArtifact:
    """An artifact whose signature, id, object and digest were found to belong together."""

    def __init__(self, artifact: str, statement: Statement, objects: Objects) -> None:
        self.id = artifact
        self.statement = statement
        self._objects = objects

    @property
    def provenance(self) -> Provenance:
        """Return what the run said of itself."""
        return self.statement.provenance

    def chunks(self) -> Iterator[bytes]:
        """Yield the uncompressed bytes in pieces; the digest is taken again, and a mismatch raises at the end."""
        return _checked(self.statement, self._objects)

    def lines(self) -> Iterator[bytes]:
        """Yield each line without its newline; the digest is taken again, and a mismatch raises at the end."""
        rest = b""
        for chunk in self.chunks():
            *whole, rest = (rest + chunk).split(b"\n")
            yield from whole

    def records(self) -> Iterator[dict[str, Any]]:
        """Yield each `{"record": …, "raw": …}`, decoded; raises `VerificationError` as `lines` does."""
        for line in self.lines():
            yield canonical.loads(line)


def open_verified(artifact: str, objects: Objects, keys: Sequence[SSlibKey]) -> VerifiedArtifact:
    """Verify envelope and object of an artifact; raises `VerificationError` where anything does not fit."""
    statement = read_envelope(artifact, objects.get(envelope_path(artifact)), keys)
    for _chunk in _checked(statement, objects):
        pass
    return VerifiedArtifact(artifact, statement, objects)


def read_envelope(artifact: str, envelope: bytes, keys: Sequence[SSlibKey]) -> Statement:
    """Return what the signed envelope of this artifact says; raises `VerificationError`."""
    payload = open_envelope(envelope, keys)
    if artifact_id(payload) != artifact:
        raise VerificationError(f"The envelope kept for {artifact} is that of {artifact_id(payload)}")
    return read_statement(payload)


def _checked(statement: Statement, objects: Objects) -> Iterator[bytes]:
    """Yield the object's uncompressed bytes; raises `VerificationError` where they are not what was signed."""
    digest, size = hashlib.sha256(), 0
    try:
        with reaching(f"read {statement.path}"), objects.stream(statement.path) as file:
            reader = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=False)
            while chunk := reader.read(CHUNK):
                digest.update(chunk)
                size += len(chunk)
                if size > statement.size:
                    break
                yield chunk
    except zstandard.ZstdError as error:
        raise VerificationError(f"{statement.path} is damaged: {error}") from error
    if size != statement.size or digest.hexdigest() != statement.digest:
        raise VerificationError(f"{statement.path} does not hold the bytes that were signed")
