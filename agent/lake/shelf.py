"""The store as the lake sees it: rows as pieces, and objects of a bucket brought to this machine when they are read."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

from securesystemslib.exceptions import UnverifiedSignatureError

from agent.canonical import document, loads
from agent.cipher import DataKey, encrypted, key_of
from agent.errors import LockedError, StoreError, VerificationError
from agent.lake.compact import Compacted
from agent.lake.merge import whole
from agent.lake.pieces import SCRATCH, Piece
from agent.model import KINDS, Outcome
from agent.seal.signing import Signature
from agent.store import Store

ROOM = 2 << 30
"""As many bytes of fetched objects are kept; the longest unused beyond that go when another is fetched."""
_IN_USE = 3600.0


class Row(Protocol):
    """The columns of an artifact that the lake needs; `ArtifactRow` has them, and so has any lean copy of it."""

    @property
    def id(self) -> str:
        """The column of that name."""
    @property
    def object(self) -> str:
        """The column of that name."""
    @property
    def path(self) -> str:
        """The column of that name."""
    @property
    def kind(self) -> str:
        """The column of that name."""
    @property
    def scope(self) -> str:
        """The column of that name."""
    @property
    def boundary(self) -> str:
        """The column of that name."""
    @property
    def region(self) -> str:
        """The column of that name."""
    @property
    def collector(self) -> str:
        """The column of that name."""
    @property
    def collected_at(self) -> datetime:
        """The column of that name."""
    @property
    def recorded_at(self) -> datetime:
        """The column of that name."""
    @property
    def outcome(self) -> str:
        """The column of that name."""


class Signed:
    """Vouches for manifests by the signing key of a store (`agent.lake.compact.Vouch`)."""

    def __init__(self, store: Store) -> None:
        self._keys = store.keys

    def sign(self, data: bytes) -> bytes:
        """Return the signature as JSON; only a process that may sign can."""
        assert self._keys.signer is not None
        return document(self._keys.signer.sign(data).to_dict())

    def holds(self, data: bytes, signature: bytes) -> bool:
        """Return whether a key of the store signed the data."""
        try:
            said = Signature.from_dict(loads(signature))
            key = next(one for one in self._keys.ring if one.keyid == said.keyid)
            key.verify_signature(said, data)
        except (StopIteration, ValueError, KeyError, TypeError, AttributeError, UnverifiedSignatureError):
            return False
        return True


class Shelf:
    """A catalog for `Lake` over a store; `directory` (`data/lake`) keeps what was fetched."""

    def __init__(self, store: Store, directory: Path) -> None:
        self._store = store
        self._cache = directory / "objects"

    def pieces(
        self, kind: str, *, as_of: datetime | None = None, scope: str | None = None, since: datetime | None = None,
        until: datetime | None = None, clear: bool = False,
    ) -> list[Piece]:
        """Return the accepted artifacts of the kind: succeeded, recorded by `as_of` and not voided then.

        `since` and `until` bound when they were collected (half-open); `clear` leaves out the encrypted ones.
        """
        rows = self._store.artifacts(
            kind=kind, scope=scope, outcome=Outcome.SUCCEEDED, as_of=as_of, voided=False, deleted=False, since=since,
            until=until,
        )
        return [self.piece(row) for row in rows if not (clear and encrypted(row.path))]

    def piece(self, row: Row) -> Piece:
        """Return the artifact of a row of the catalog as the lake takes it."""
        digest = row.object.removeprefix("sha256:")
        local = self._store.objects.local(row.path)
        key = self._key(row) if encrypted(row.path) else None
        return Piece(
            artifact=row.id, digest=digest, path=local or self._cache / Path(row.path).name, kind=row.kind, key=key,
            scope=row.scope, boundary=row.boundary, region=row.region, collector=row.collector,
            collected_at=row.collected_at, recorded_at=row.recorded_at, outcome=Outcome(row.outcome),
            fetch=None if local else lambda target: self._fetch(row, key, target), sealed=lambda: self._sealed(row),
        )

    def _key(self, row: Row) -> DataKey:
        """Return what opens the object of a row; a reader is told alike of a key that is gone and one out of reach."""
        try:
            return self._store.objects.keys.opening(key_of(row.path))
        except (LockedError, StoreError) as error:
            if self._store.writes and not isinstance(error, LockedError):
                raise  # who collects tries again, and keeps no answer of such a moment
            said = f"the records of the scope {row.scope} cannot be opened: {error.message}"
            raise LockedError(said, advice=error.advice) from error

    def _sealed(self, row: Row) -> None:
        """Raise `VerificationError` unless the envelope of an artifact, signed, says what its row says."""
        statement = self._store.statement(row.id)
        run = statement.provenance
        told = (statement.digest, statement.path, run.kind, run.scope, run.boundary, run.region, run.collector,
                run.started_at, run.outcome.value)
        if told != (row.object.removeprefix("sha256:"), row.path, row.kind, row.scope, row.boundary, row.region,
                    row.collector, row.collected_at, str(row.outcome)):
            raise VerificationError(
                f"the catalog says otherwise of artifact {row.id} than what was sealed",
                advice="Find out more with `annexa verify`, and rebuild the catalog with `annexa store rebuild`",
            )

    def _fetch(self, row: Row, key: DataKey | None, target: Path) -> None:
        """Bring an object here as it is kept, proven against its digest; it appears whole or not at all."""
        part = target.with_name(f".{target.name}.{secrets.token_hex(6)}")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            self._prune()
            with part.open("wb") as out, self._store.objects.raw(row.path) as source:
                while data := source.read(1 << 20):
                    out.write(data)
            whole(replace(self.piece(row), path=part, key=key, fetch=None, sealed=None))
            part.replace(target)
        except OSError as error:
            raise StoreError(f"the object of artifact {row.id} cannot be fetched: {error.strerror or error}") from error
        finally:
            part.unlink(missing_ok=True)

    def forget(self, kind: str, scope: str, path: str) -> None:
        """Drop what is kept here of a deleted object: its fetched copy, the Parquet of its kind and scope."""
        (self._cache / Path(path).name).unlink(missing_ok=True)
        Compacted(self._cache.parent).drop(kind, scope)

    def forget_scope(self, scope: str) -> None:
        """Drop everything that is kept here of a scope: fetched copies and Parquet, of whatever kind."""
        for row in self._store.artifacts(scope=scope):
            (self._cache / Path(row.path).name).unlink(missing_ok=True)
        for kind in KINDS:
            Compacted(self._cache.parent).drop(kind, scope)

    def _prune(self) -> None:
        """Make room: the objects longest unused go, but none of the last hour, which somebody may be reading."""
        held = sorted((entry.stat().st_atime, entry.stat().st_size, entry.path) for entry in os.scandir(self._cache))
        total = sum(size for _, size, _ in held)
        for used, size, path in held:
            if total <= ROOM or time.time() - used < _IN_USE:
                return
            Path(path).unlink(missing_ok=True)
            total -= size


def sweep(room: Path) -> None:
    """Take away the scratch directories that a killed process left; only the one writer of the store may."""
    for left in room.glob(f"{SCRATCH}*"):
        shutil.rmtree(left, ignore_errors=True)
