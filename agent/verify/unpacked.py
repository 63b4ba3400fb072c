"""The files of an audit package, out of the ZIP or out of the folder that it was unpacked to."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

from agent.errors import VerificationError
from agent.verify.layout import CHECKPOINT, MANIFEST

CHUNK = 1 << 18


class Files(Protocol):
    """Files by name; what cannot be read raises `VerificationError`."""

    def names(self) -> Iterator[str]:
        """Yield the name of every file."""

    def opened(self, name: str) -> IO[bytes]:
        """Return a reader of the file."""


class Folder:
    """A package that was unpacked."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def names(self) -> Iterator[str]:
        """Yield the name of every file, from below the folder."""
        for path in sorted(self._root.rglob("*")):
            if not path.is_dir() or path.is_symlink():
                yield path.relative_to(self._root).as_posix()

    def opened(self, name: str) -> IO[bytes]:
        """Return a reader of the file; a name that leads out of the folder is refused."""
        path = self._root / name
        if not path.resolve().is_relative_to(self._root.resolve()):
            raise VerificationError(f"{name} lies outside of the package")
        return path.open("rb")


class Zipped:
    """A package as it was written."""

    def __init__(self, file: zipfile.ZipFile) -> None:
        self._file = file

    def names(self) -> Iterator[str]:
        """Yield the name of every file; raises `VerificationError` where one stands twice."""
        seen: set[str] = set()
        for name in self._file.namelist():
            if name in seen:
                raise VerificationError(f"{name} stands in the package twice")
            seen.add(name)
            yield name

    def opened(self, name: str) -> IO[bytes]:
        """Return a reader of the file."""
        try:
            return self._file.open(name)
        except KeyError as error:
            raise FileNotFoundError(2, "No such file in the package", name) from error


@contextmanager
def reading(files: Files, name: str) -> Iterator[IO[bytes]]:
    """Yield a reader of a file; raises `VerificationError` where it is not there, or damaged."""
    try:
        with files.opened(name) as data:
            yield data
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError) as error:
        raise VerificationError(f"{name} cannot be read: {getattr(error, 'strerror', None) or error}") from error


def read(files: Files, name: str) -> bytes:
    """Return the bytes of a small file."""
    with reading(files, name) as data:
        return data.read()


def digest(files: Files, name: str) -> tuple[str, int]:
    """Return the SHA-256 and the size of a file, read in pieces."""
    found, size = hashlib.sha256(), 0
    with reading(files, name) as data:
        while chunk := data.read(CHUNK):
            found.update(chunk)
            size += len(chunk)
    return found.hexdigest(), size


def is_package(place: Path) -> bool:
    """Return whether a folder is an unpacked audit package, whole or not."""
    return (place / MANIFEST).is_file() and ((place / CHECKPOINT).is_file() or (place / "envelopes").is_dir())


@contextmanager
def unpacked(place: Path) -> Iterator[Files]:
    """Yield the files of a package; raises `VerificationError` where the file is no ZIP."""
    if place.is_dir():
        yield Folder(place)
        return
    try:
        file = zipfile.ZipFile(place)
    except (OSError, zipfile.BadZipFile) as error:
        raise VerificationError(f"{place} is no ZIP that can be read: {error}") from error
    with file:
        yield Zipped(file)
