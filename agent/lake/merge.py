"""Many objects as one file: DuckDB opens each compressed file with 32 MB of buffer, so that eight exceed its memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

import zstandard

from agent.cipher import DataKey, decrypting
from agent.errors import StoreError, VerificationError
from agent.lake.pieces import Piece

_CHUNK = 1 << 15
"""Compressed bytes read at once; what compresses well becomes a hundred times as many."""


def inflated(source: IO[bytes], what: str) -> Iterator[bytes]:
    """Yield the bytes within zstd; raises `VerificationError` where they are damaged."""
    try:
        inflate = zstandard.ZstdDecompressor().decompressobj()
        while data := source.read(_CHUNK):
            while data:
                if inflate.eof:
                    inflate = zstandard.ZstdDecompressor().decompressobj()
                yield inflate.decompress(data)
                data = inflate.unused_data
    except zstandard.ZstdError as error:
        raise VerificationError(f"the object of artifact {what} is damaged: {error}") from error


def unlocked(file: IO[bytes], piece: Piece) -> IO[bytes]:
    """Return a reader of what the file of an object holds, decrypted where it is encrypted."""
    held = piece.key
    if held is None:
        return file

    def key(name: str) -> DataKey:
        if name != held.id:
            raise VerificationError(f"the object of artifact {piece.artifact} is encrypted by another key")
        return held

    return decrypting(file, f"the object of artifact {piece.artifact}", key)


def _local(piece: Piece, file: Path) -> Iterator[bytes]:
    try:
        with unlocked(file.open("rb"), piece) as source:
            yield from inflated(source, piece.artifact)
    except OSError as error:
        raise StoreError(f"the object of artifact {piece.artifact} cannot be read: {error.strerror}") from error


def blocks(piece: Piece) -> Iterator[bytes]:
    """Yield whole lines of the object; raises `VerificationError` where its bytes are not those of its digest."""
    digest = hashlib.sha256()
    held: list[bytes] = []
    for data in _local(piece, piece.file()):
        digest.update(data)
        end = data.rfind(b"\n") + 1
        if end:
            yield b"".join(held) + data[:end]
            held = []
        held.append(data[end:])
    prove(digest.hexdigest(), piece.digest, piece.artifact)
    if rest := b"".join(held):
        yield rest + b"\n"


def whole(piece: Piece) -> Path:
    """Return the file of the object; raises `VerificationError` where its bytes are not those of its digest."""
    file, digest = piece.file(), hashlib.sha256()
    for data in _local(piece, file):
        digest.update(data)
    prove(digest.hexdigest(), piece.digest, piece.artifact)
    return file


def prove(found: str, expected: str, artifact: str) -> None:
    """Raise `VerificationError` where the bytes read are not those that the digest names."""
    if found != expected:
        raise VerificationError(
            f"the object of artifact {artifact} is not what its digest names",
            advice="Check the store and restore the object from a copy",
        )


def merge(pieces: Iterable[Piece], target: Path) -> None:
    """Write the lines of all objects into one zstd NDJSON file, each with `at`, the place of its piece in the order.

    Each object is proven against its digest on the way; memory holds one block.
    """
    try:
        with target.open("wb") as file, zstandard.ZstdCompressor(level=1).stream_writer(file) as out:
            for at, piece in enumerate(pieces):
                mark = b'{"at":%d,' % at
                for block in blocks(piece):
                    # A line of NDJSON holds no line feed of its own, so each `{` behind one begins a line.
                    out.write(mark + block[1:-1].replace(b"\n{", b"\n" + mark) + b"\n")
    except OSError as error:
        raise StoreError(
            f"no room to read evidence in {target.parent}: {error.strerror}",
            advice="Make room there; what was recorded is kept",
        ) from error
