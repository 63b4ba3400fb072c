"""Entries of the log and their proofs on one checkpoint, for many artifacts in the order of the log."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache

from agent.errors import StoreError, VerificationError
from agent.seal import Checkpoint
from agent.seal.proofs import (
    from_tiles,
    prove_consistency,
    prove_inclusion,
    write_consistency,
    write_proof,
)
from agent.seal.tiles import WIDTH, bundle, spans, unbundle
from agent.store.logfiles import CHECKPOINT as HEAD
from agent.store.logfiles import read_tile, stamp_paths
from agent.store.objects import Objects
from agent.timestamps import Stamp, read_stamp
from agent.verify.source import log_size
from agent.verify.stamps import sizes

TILES = 256
"""Tiles held, of 8 KiB each: those above a leaf are asked for again by the next one."""
_ARTIFACT, _SAMPLING = b'"type":"artifact"', b'"type":"sampling"'


class Proofs:
    """Reads a store's log as far as one checkpoint; raises `StoreError` where the log is not that of the checkpoint."""

    def __init__(self, objects: Objects, note: bytes, head: Checkpoint) -> None:
        self._objects = objects
        self.note, self.head = note, head
        self._size = log_size(objects.get(HEAD))
        if head.size > self._size:
            raise StoreError(f"The checkpoint is of {head.size} leaves, this log of {self._size}")
        self._tile = lru_cache(TILES)(lambda level, index, width: read_tile(objects, level, index, width))
        self._bundle = lru_cache(4)(self._entries)
        self._hashes = from_tiles(self._size, self._tile)
        if head.size and self._hashes(0, head.size) != head.root:
            raise VerificationError(f"The first {head.size} leaves of the log make another root than the checkpoint's")
        self._stamped = [one for one in sizes(objects) if one <= head.size]

    def _entries(self, number: int) -> list[bytes]:
        return unbundle(read_tile(self._objects, "entries", number, min(WIDTH, self._size - number * WIDTH)))

    def entry(self, leaf: int) -> bytes:
        """Return the data of a leaf."""
        entries = self._bundle(leaf // WIDTH)
        if leaf >= self.head.size or leaf % WIDTH >= len(entries):
            raise StoreError(f"leaf {leaf} is not in the log of {self.head.size}")
        return entries[leaf % WIDTH]

    def others(self) -> Iterator[tuple[int, bytes]]:
        """Yield leaf and data of each entry that is neither of an artifact nor of a sample: what people did."""
        for number, width in spans(self.head.size, 0):
            for at, data in enumerate(self._bundle(number)[:width]):
                if _ARTIFACT not in data and _SAMPLING not in data:
                    yield number * WIDTH + at, data

    def bundles(self) -> Iterator[tuple[int, bytes]]:
        """Yield number and bytes of each entry bundle of the log as far as the checkpoint."""
        for number, width in spans(self.head.size, 0):
            yield number, bundle(self._bundle(number)[:width])

    def inclusion(self, leaf: int) -> bytes:
        """Return the C2SP tlog-proof of a leaf on the checkpoint."""
        return write_proof(leaf, prove_inclusion(leaf, self.head.size, self._hashes), self.note)

    def link(self, size: int) -> bytes:
        """Return the proof that the log of a size and that of the checkpoint are one, whichever is the longer."""
        old, new = sorted((size, self.head.size))
        if new > self._size:
            raise StoreError(f"The kept checkpoint is of {new} leaves, this log of {self._size}: it was rolled back")
        return write_consistency(old, new, prove_consistency(old, new, self._hashes))

    def first_stamp(self, leaf: int) -> int | None:
        """Return the size at which a leaf was first stamped, None where no stamp up to the checkpoint holds it."""
        at = bisect_right(self._stamped, leaf)
        return self._stamped[at] if at < len(self._stamped) else None

    @property
    def last_stamp(self) -> int | None:
        """Return the newest stamped size up to the checkpoint."""
        return self._stamped[-1] if self._stamped else None

    def stamp(self, size: int) -> tuple[bytes, bytes, Stamp]:
        """Return a stamped checkpoint, its token and what the token says."""
        note, token = (self._objects.get(path) for path in stamp_paths(size))
        return note, token, read_stamp(token)
