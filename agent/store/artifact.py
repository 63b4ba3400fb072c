"""An artifact on its way to disk: lines through zstd into a staging file, the SHA-256 running along."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, cast

import zstandard

from agent import canonical
from agent.cipher import ENDING, SALT, DataKey, Encrypting
from agent.collector import Record
from agent.errors import StoreError
from agent.masking import Masker, Redactor
from agent.store.faults import reaching

LEVEL = 3
BLOCK = 1 << 15
"""Bytes that are masked, hashed and compressed at once; with them a line's own calls cost little."""


@dataclass(frozen=True, slots=True)
class StagedObject:
    """A finished object that has no name yet: digest and size of its uncompressed bytes."""

    file: Path
    scope: str
    digest: str
    size: int
    stored_size: int
    records: int
    masked: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    """What the provenance says of the redaction."""
    key: str = ""
    """The id of the data key that encrypted it, '' where none did."""

    @property
    def path(self) -> str:
        """Return the path under which the object is kept."""
        return object_path(self.scope, self.digest, self.key)


def scope_name(scope: str) -> str:
    """Return the directory of a scope: objects are shared only within one."""
    return hashlib.sha256(scope.encode()).hexdigest()[:16]


def object_path(scope: str, digest: str, key: str = "") -> str:
    """Return the path of an object; one that is encrypted names its key (ADR 10)."""
    ending = f".{key}{ENDING}" if key else ".ndjson.zst"
    return f"objects/{scope_name(scope)}/{digest[:2]}/{digest}{ending}"


def envelope_path(artifact: str) -> str:
    """Return the path of an artifact's envelope."""
    digest = artifact.removeprefix("sha256:")
    return f"envelopes/{digest[:2]}/{digest}.json"


class ObjectWriter:
    """Takes records one by one and holds no more than a block of them; ends in `close` or `abandon`.

    With a `key` nothing of them is ever on disk in the clear.
    """

    def __init__(
        self, staging: Path, scope: str, mask_keys: Iterable[str], redactor: Redactor | None = None,
        key: DataKey | None = None, random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._scope, self._key = scope, key.id if key else ""
        self._redactor = redactor
        self._masker = Masker(mask_keys)
        self._hash = hashlib.sha256()
        self._size = self._records = 0
        self._block = bytearray()
        self._path = staging / f"{secrets.token_hex(16)}.part"
        with reaching("begin an artifact"):
            staging.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("xb", buffering=1 << 17)
            self._cipher = Encrypting(self._file, key, random(SALT)) if key else None
        target = cast("IO[bytes]", self._cipher) if self._cipher else self._file
        self._zstd = zstandard.ZstdCompressor(level=LEVEL).stream_writer(target, closefd=False)

    def write(self, record: Record) -> None:
        """Append one record; raises `StoreError` where the disk does not take it."""
        line = self._redactor.record(record) if self._redactor else {"record": record.row, "raw": record.raw}
        self._block += canonical.line(line)
        self._records += 1
        if len(self._block) >= BLOCK:
            self._flush()

    def _flush(self) -> None:
        block = self._masker.lines(bytes(self._block))
        self._block.clear()
        self._hash.update(block)
        self._size += len(block)
        try:
            self._zstd.write(block)
        except OSError as error:
            self._failed(error)

    def close(self) -> StagedObject:
        """End the object, sync it and return it."""
        self._flush()
        try:
            self._zstd.flush(zstandard.FLUSH_FRAME)
            if self._cipher:
                self._cipher.finish()
            self._file.flush()
            os.fsync(self._file.fileno())
            stored = self._file.tell()
            self._file.close()
        except OSError as error:
            self._failed(error)
        counts = self._masker.counts + self._redactor.counts if self._redactor else self._masker.counts
        return StagedObject(
            file=self._path, scope=self._scope, digest=self._hash.hexdigest(), size=self._size,
            stored_size=stored, records=self._records, masked=dict(sorted(counts.items())),
            notes=self._redactor.notes() if self._redactor else (), key=self._key,
        )

    def abandon(self) -> None:
        """Drop what was written."""
        try:
            self._file.close()
        except OSError:
            # The rest of the buffer did not fit on the disk either; closing again only lets it go.
            self._file.close()
        self._path.unlink(missing_ok=True)

    def _failed(self, error: OSError) -> None:
        self.abandon()
        with reaching("write an artifact"):
            raise error
        raise StoreError("unreachable")  # pragma: no cover
