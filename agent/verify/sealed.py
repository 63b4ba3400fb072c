"""An artifact against the log: its envelope, the key that signed it, its object, and what its times say."""

from __future__ import annotations

import hashlib
import threading

import zstandard

from agent import canonical
from agent.errors import VerificationError
from agent.seal import ArtifactEntry, Statement, artifact_id, open_envelope, read_statement
from agent.seal.signing import SSlibKey
from agent.store.faults import reaching
from agent.store.objects import Objects
from agent.verify.stamps import SKEW
from agent.verify.trust import Trust

CHUNK = 1 << 18
RAW = 32
REMEMBERED = 200_000
"""Objects that are not hashed a second time when another artifact names them."""


def check_envelope(entry: ArtifactEntry, envelope: bytes, trust: Trust) -> Statement:
    """Return what the envelope of a log's entry says; raises `VerificationError` where it is not the logged one."""
    if hashlib.sha256(envelope).hexdigest() != entry.envelope:
        raise VerificationError("its envelope is not the one whose digest is in the log")
    payload = open_envelope(envelope, trust_at(trust, entry))
    if artifact_id(payload) != entry.artifact:
        raise VerificationError(f"its envelope is that of {artifact_id(payload)}")
    statement = read_statement(payload)
    if statement.digest != entry.object:
        raise VerificationError("its envelope names another object than the log")
    return statement


def trust_at(trust: Trust, entry: ArtifactEntry) -> list[SSlibKey]:
    """Return the keys that were trusted when an entry was recorded; raises `VerificationError` where none was."""
    keys = trust.at(entry.recorded_at)
    if not keys:
        raise VerificationError(f"no key of the trust root covers {canonical.timestamp(entry.recorded_at)}")
    return keys


def clock(entry_at: ArtifactEntry, statement: Statement) -> str:
    """Return what is wrong with the times of a run, '' where nothing is."""
    ended = statement.provenance.finished_at
    if ended > entry_at.recorded_at + SKEW:
        return (
            f"{entry_at.artifact}: the run says it ended at {canonical.timestamp(ended)}, "
            f"after it was recorded at {canonical.timestamp(entry_at.recorded_at)}"
        )
    return ""


class ObjectCheck:
    """Hashes objects, each once; several threads may ask."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._good: set[bytes] = set()
        self._lock = threading.Lock()
        self._own = threading.local()
        self.bytes = 0

    def check(self, statement: Statement) -> None:
        """Raise `VerificationError` unless the object holds exactly the bytes that were signed."""
        name = hashlib.blake2b(
            f"{statement.path}\0{statement.digest}\0{statement.size}".encode(), digest_size=RAW).digest()
        with self._lock:
            if name in self._good:
                return
        self._hash(statement)
        with self._lock:
            self.bytes += statement.size
            if len(self._good) < REMEMBERED:
                self._good.add(name)

    def _tools(self) -> tuple[zstandard.ZstdDecompressor, memoryview]:
        """Return this thread's own unpacker, and memory to unpack into: made for each object they cost its hash."""
        held: tuple[zstandard.ZstdDecompressor, memoryview] | None = getattr(self._own, "tools", None)
        if held is None:
            held = self._own.tools = (zstandard.ZstdDecompressor(), memoryview(bytearray(CHUNK)))
        return held

    def _hash(self, statement: Statement) -> None:
        digest, size = hashlib.sha256(), 0
        unpacker, into = self._tools()
        try:
            with reaching(f"read {statement.path}"), self._objects.stream(statement.path) as file:
                reader = unpacker.stream_reader(file, read_size=CHUNK, read_across_frames=False)
                while read := reader.readinto(into):
                    digest.update(into[:read])
                    size += read
                    if size > statement.size:
                        break
        except zstandard.ZstdError as error:
            raise VerificationError(f"{statement.path} is damaged: {error}") from error
        if size != statement.size or digest.hexdigest() != statement.digest:
            raise VerificationError(f"{statement.path} does not hold the bytes that were signed")
