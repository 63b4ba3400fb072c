"""Where bytes are kept by name: a local directory with our own syncs, or a bucket through obstore."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Protocol

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, NotFoundError
from obstore.store import ObjectStore, from_url

from agent.errors import GoneError, StoreError
from agent.store.faults import reaching
from agent.store.scopekeys import ScopeKeys

PART = 4 * 1024 * 1024


class Objects(Protocol):
    """Bytes by path; what `publish` and `put` return from lasts."""

    staging: Path
    write_once: bool
    """Whether the store itself keeps objects from being deleted."""
    keys: ScopeKeys
    """The data keys that `stream` opens encrypted objects with."""

    def publish(self, staged: Path, path: str) -> None:
        """Move a finished staging file to its path; the same content may be there already."""

    def put(self, path: str, data: bytes, *, replace: bool = False) -> None:
        """Keep bytes under a path; without `replace` what is there already stays."""

    def get(self, path: str) -> bytes:
        """Return the bytes; raises `GoneError` where there are none."""

    def stream(self, path: str) -> IO[bytes]:
        """Return a reader of what an object holds, decrypted where its path says that it is encrypted.

        Raises `GoneError` where there is none, and as `ScopeKeys.opening` does where the key is not here.
        """

    def raw(self, path: str) -> IO[bytes]:
        """Return a reader of the bytes as they are kept; raises `GoneError` where there are none."""

    def size(self, path: str) -> int | None:
        """Return how many bytes are kept, or None where there are none."""

    def delete(self, path: str) -> None:
        """Take away what a crash or a finished tile left; what may not be deleted stays."""

    def erase(self, path: str) -> None:
        """Delete what is past its retention, for good; raises `StoreError` where a lock forbids it."""

    def retain(self, path: str, until: datetime) -> None:
        """Lock an object until an instant, where the store can."""

    def locked_until(self, path: str) -> datetime | None:
        """Return until when an object is locked, None where it is not."""

    def hold(self, path: str, *, on: bool) -> None:
        """Place or lift the store's own legal hold on an object, where the store has such."""

    def list(self, prefix: str) -> Iterator[str]:
        """Yield every path below a prefix."""

    def local(self, path: str) -> Path | None:
        """Return the file behind a path, where there is one."""


def open_objects(
    url: str, data: Path, options: Mapping[str, Any], *, writer: bool, write_once: bool = False,
    keys: ScopeKeys | None = None,
) -> Objects:
    """Return the store behind a directory, a `file://` address or a bucket's (s3, gs, az); only S3 is write-once.

    `keys` open the objects that are encrypted; without them these are named and not read.
    """
    objects = _open_objects(url, data, options, writer=writer, write_once=write_once)
    objects.keys = keys or objects.keys
    return objects


def _open_objects(url: str, data: Path, options: Mapping[str, Any], *, writer: bool, write_once: bool) -> Objects:
    scheme, separator, rest = url.partition("://")
    if write_once:
        return _write_once(url, data, options)
    if not separator or scheme == "file":
        from agent.store.local import LocalObjects  # noqa: PLC0415 - it stands on `Bucket`

        return LocalObjects(Path(rest if separator else url), writer=writer)
    with reaching(f"open {url}"):
        try:
            return Bucket(from_url(url, **options), data / "staging")
        except (ValueError, TypeError) as error:
            raise StoreError(f"{url} is no address of a store: {error}") from error


def _write_once(url: str, data: Path, options: Mapping[str, Any]) -> Objects:
    from agent.store.worm import WriteOnce  # noqa: PLC0415 - it stands on `Bucket`, and few need it

    if not url.startswith("s3://"):
        raise StoreError(f"{url} has no write-once storage", advice="write_once: is for s3:// with Object Lock")
    with reaching(f"open {url}"):
        return WriteOnce(from_url(url, **{**options, "checksum_algorithm": "SHA256"}), data / "staging", url, options)


class Bucket:
    """An object store behind obstore."""

    write_once = False

    def __init__(self, store: ObjectStore, staging: Path) -> None:
        self.store = store
        self.staging = staging
        self.keys = ScopeKeys()

    def publish(self, staged: Path, path: str) -> None:
        """Upload the staging file under a name that is not there yet, then drop it."""
        with reaching(f"keep {path}"):
            with contextlib.suppress(AlreadyExistsError), staged.open("rb") as file:
                obstore.put(self.store, path, file, mode="create", chunk_size=PART, use_multipart=False)
            staged.unlink()

    def put(self, path: str, data: bytes, *, replace: bool = False) -> None:
        """Upload bytes; without `replace` what is there already stays."""
        with reaching(f"keep {path}"), contextlib.suppress(AlreadyExistsError):
            obstore.put(self.store, path, data, mode="overwrite" if replace else "create")

    def get(self, path: str) -> bytes:
        """Return the bytes; raises `GoneError` where there are none."""
        with reaching(f"read {path}"):
            try:
                return bytes(obstore.get(self.store, path).bytes())
            except (NotFoundError, FileNotFoundError) as error:
                raise GoneError(f"{path} is gone from the store") from error

    def stream(self, path: str) -> IO[bytes]:
        """Return a reader of what an object holds; raises `GoneError` or `LockedError`."""
        return self.keys.reader(self.raw(path), path)

    def raw(self, path: str) -> IO[bytes]:
        """Return a reader of the bytes as they are kept; raises `GoneError` where there are none."""
        with reaching(f"read {path}"):
            try:
                return io.BufferedReader(_Pull(obstore.open_reader(self.store, path)), PART)
            except (NotFoundError, FileNotFoundError) as error:
                raise GoneError(f"{path} is gone from the store") from error

    def size(self, path: str) -> int | None:
        """Return how many bytes are kept, or None where there are none."""
        with reaching(f"read {path}"):
            try:
                return int(obstore.head(self.store, path)["size"])
            except (NotFoundError, FileNotFoundError):
                return None

    def delete(self, path: str) -> None:
        """Delete; what is write-once or gone already stays as it is."""
        with contextlib.suppress(BaseError, OSError):
            obstore.delete(self.store, path)

    def erase(self, path: str) -> None:
        """Delete what is past its retention."""
        self.delete(path)

    def retain(self, path: str, until: datetime) -> None:
        """Do nothing: this store has no locks."""

    def locked_until(self, path: str) -> datetime | None:  # noqa: ARG002 - see `retain`
        """Return None: this store has no locks."""
        return None

    def hold(self, path: str, *, on: bool) -> None:
        """Do nothing: this store has no holds of its own."""

    def list(self, prefix: str) -> Iterator[str]:
        """Yield every path below a prefix."""
        with reaching(f"list {prefix}"):
            for batch in obstore.list(self.store, prefix):
                for meta in batch:
                    yield meta["path"]

    def local(self, path: str) -> Path | None:  # noqa: ARG002 - a bucket has no files
        """Return None: a bucket has no files."""
        return None


class _Pull(io.RawIOBase):
    """A reader of obstore as Python's own streams are."""

    def __init__(self, file: obstore.ReadableFile) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        data = memoryview(bytes(self._file.read(len(buffer))))
        buffer[: len(data)] = data
        return len(data)
