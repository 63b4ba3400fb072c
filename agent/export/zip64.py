"""A ZIP64 written as it comes: memory stays flat however large it is, and the same files give the same bytes.

The directory at the end goes through a scratch file, where `zipfile` would hold a kilobyte a file.
Every entry carries ZIP64 sizes, the same time and the same rights (APPNOTE.TXT 6.3.10).
"""

from __future__ import annotations

import hashlib
import struct
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Self

LEVEL = 6
BLOCK = 1 << 20
WHEN = 33 << 16
"""The first day that a ZIP can name, as MS-DOS has it: no entry tells when it was written."""
_DEFLATED, _UTF8, _VERSION, _UNIX = 8, 0x0800, 45, 3 << 8
_RIGHTS = 0o100644 << 16
_FULL, _FULL16 = 0xFFFFFFFF, 0xFFFF


class Entry:
    """One file on its way into the ZIP: compressed, counted and hashed as it comes."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self._squeeze = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
        self._hash = hashlib.sha256()
        self.crc = self.size = self.stored = 0

    def write(self, data: bytes) -> None:
        """Append bytes of the file."""
        self._hash.update(data)
        self.crc = zlib.crc32(data, self.crc)
        self.size += len(data)
        self._keep(self._squeeze.compress(data))

    def _keep(self, data: bytes) -> None:
        self._out.write(data)
        self.stored += len(data)

    def end(self) -> str:
        """End the file and return its SHA-256 in hex."""
        self._keep(self._squeeze.flush())
        return self._hash.hexdigest()


class Zip64:
    """Writes entries one after the other into a file that can seek; used as a context manager."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self._directory = tempfile.TemporaryFile()  # noqa: SIM115 - closed in __exit__
        self._sums = tempfile.TemporaryFile()  # noqa: SIM115 - closed in __exit__
        self.entries = 0

    def add(self, name: str, data: bytes | Iterable[bytes]) -> str:
        """Add a file, whole or in pieces, and return its SHA-256 in hex."""
        with self.open(name) as entry:
            for piece in (data,) if isinstance(data, bytes) else data:
                entry.write(piece)
        return entry.end_hash

    @contextmanager
    def open(self, name: str) -> Iterator[_Named]:
        """Yield an entry to write to; nothing else can be added before it ends."""
        at, raw = self._out.tell(), name.encode()
        self._out.write(_local(raw, 0, 0, 0))
        entry = _Named(self._out)
        yield entry
        entry.end_hash = entry.end()
        after = self._out.tell()
        self._out.seek(at)
        self._out.write(_local(raw, entry.crc, entry.size, entry.stored))
        self._out.seek(after)
        self._directory.write(_central(raw, entry, at))
        self._sums.write(f"{entry.end_hash}  {name}\n".encode())
        self.entries += 1

    def add_file(self, name: str, file: Path) -> str:
        """Add a file of this machine and return its SHA-256 in hex."""
        with file.open("rb") as data:
            return self.add(name, iter(lambda: data.read(BLOCK), b""))

    def sums(self) -> Iterator[bytes]:
        """Yield the lines of SHA256SUMS of all entries so far."""
        return _whole(self._sums)

    def end(self) -> None:
        """Write the directory; nothing can be added after it."""
        start = self._out.tell()
        for data in _whole(self._directory):
            self._out.write(data)
        size = self._out.tell() - start
        self._out.write(struct.pack(
            "<4sQHHIIQQQQ", b"PK\x06\x06", 44, _UNIX | _VERSION, _VERSION, 0, 0, self.entries, self.entries,
            size, start,
        ))
        self._out.write(struct.pack("<4sIQI", b"PK\x06\x07", 0, start + size, 1))
        self._out.write(struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, _FULL16, _FULL16, _FULL, _FULL, 0))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._directory.close()
        self._sums.close()


class _Named(Entry):
    end_hash = ""


def _whole(file: IO[bytes]) -> Iterator[bytes]:
    """Yield what was written to a scratch file, and leave it at its end."""
    file.seek(0)
    while data := file.read(BLOCK):
        yield data


def _local(name: bytes, crc: int, size: int, stored: int) -> bytes:
    extra = struct.pack("<HHQQ", 1, 16, size, stored)
    return struct.pack(
        "<4sHHHIIIIHH", b"PK\x03\x04", _VERSION, _UTF8, _DEFLATED, WHEN, crc, _FULL, _FULL, len(name), len(extra),
    ) + name + extra


def _central(name: bytes, entry: Entry, at: int) -> bytes:
    extra = struct.pack("<HHQQQ", 1, 24, entry.size, entry.stored, at)
    return struct.pack(
        "<4sHHHHIIIIHHHHHII", b"PK\x01\x02", _UNIX | _VERSION, _VERSION, _UTF8, _DEFLATED, WHEN, entry.crc, _FULL,
        _FULL, len(name), len(extra), 0, 0, 0, _RIGHTS, _FULL,
    ) + name + extra
