"""Objects in a directory of this machine, with our own syncs."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from obstore.store import LocalStore, ObjectStore

from agent.errors import GoneError, StoreError
from agent.store.faults import reaching
from agent.store.files import make_directory, sync_directory, write_new
from agent.store.objects import Bucket

READ_ONLY = 0o444


class LocalObjects(Bucket):
    """A directory. Writes are our own because obstore's do not sync, reads and lists because its cost twice."""

    def __init__(self, root: Path, *, writer: bool) -> None:
        with reaching(f"use the directory {root}"):
            if writer:
                make_directory(root.absolute())
            elif not root.is_dir():
                raise StoreError(f"There is no store in {root}", advice="Run `annexa collect` first")
            super().__init__(cast("ObjectStore", LocalStore(root.absolute())), root.absolute() / "staging")
        self.root = root.absolute()
        self._at = f"{self.root}{os.sep}"

    def get(self, path: str) -> bytes:
        """Return the bytes; raises `GoneError` where there are none."""
        with self.raw(path) as file, reaching(f"read {path}"):
            return file.read()

    def raw(self, path: str) -> IO[bytes]:
        """Return a reader of the bytes as they are kept; raises `GoneError` where there are none."""
        # A path may come from what is judged: it must not lead out of the store.
        if not set(path.split("/")).isdisjoint({"", ".", ".."}):
            raise StoreError(f"{path!r} is no path of a store")
        with reaching(f"read {path}"):
            try:
                return open(f"{self._at}{path}", "rb")  # noqa: PTH123 - a Path costs as much as the reading
            except FileNotFoundError as error:
                raise GoneError(f"{path} is gone from the store") from error

    def publish(self, staged: Path, path: str) -> None:
        """Rename the synced staging file to its path; equal content that lay there is replaced by this good copy."""
        target = self.root / path
        with reaching(f"keep {path}"):
            staged.chmod(READ_ONLY)
            make_directory(target.parent)
            staged.replace(target)
            sync_directory(target.parent)

    def put(self, path: str, data: bytes, *, replace: bool = False) -> None:
        """Write bytes in one step that lasts; without `replace` what is there already stays."""
        target = self.root / path
        with reaching(f"keep {path}"):
            if replace or not target.exists():
                make_directory(target.parent)
                write_new(target, data, mode=0o644 if replace else READ_ONLY, beside=self.staging)

    def delete(self, path: str) -> None:
        """Delete; what is not there stays so."""
        with contextlib.suppress(OSError):
            (self.root / path).unlink()

    def list(self, prefix: str) -> Iterator[str]:
        """Yield every path below a prefix, which ends a folder; those of one folder in order."""
        with reaching(f"list {prefix}"):
            yield from _files(self._at, prefix.rstrip("/"))

    def local(self, path: str) -> Path | None:
        """Return the file behind a path."""
        return self.root / path


def _files(root: str, folder: str) -> Iterator[str]:
    """Yield the files below a folder by their path from the root; nothing where there is no such folder."""
    try:
        with os.scandir(root + folder) as found:
            held = sorted((one.name, one.is_dir(follow_symlinks=False)) for one in found)
    except (FileNotFoundError, NotADirectoryError):
        return
    for name, is_folder in held:
        path = f"{folder}/{name}" if folder else name
        if is_folder:
            yield from _files(root, path)
        else:
            yield path
