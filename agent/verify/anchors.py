"""The artifacts of a log and since when each is anchored: kept beside memory, for there may be millions."""

from __future__ import annotations

import struct
import tempfile
import weakref
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar, overload

from agent.model.times import instant, microseconds
from agent.seal import ArtifactEntry, Checkpoint
from agent.store.faults import reaching
from agent.verify.cosigned import Cosigned
from agent.verify.report import Anchor
from agent.verify.stamps import Stamped

ID = "sha256:"
RAW = 32
ROW = struct.Struct(f"<{RAW}sqq")
"""Digest, leaf, microseconds since 1970."""
BUFFER = 1024 * ROW.size


S = TypeVar("S", Stamped, Cosigned)


class Earliest(Generic[S]):
    """Which of many seen checkpoints that hold a leaf was seen first, found by bisection."""

    def __init__(self, held: Iterable[S]) -> None:
        ordered = sorted(held, key=lambda one: one.checkpoint.size)
        self._sizes = [one.checkpoint.size for one in ordered]
        self._best: list[S] = []
        for one in reversed(ordered):
            before = self._best[-1] if self._best else one
            self._best.append(min(one, before, key=lambda each: (each.at, each.checkpoint.size)))
        self._best.reverse()

    def over(self, leaf: int) -> S | None:
        """Return the earliest that holds the leaf."""
        at = bisect_right(self._sizes, leaf)
        return self._best[at] if at < len(self._best) else None


class Recorded:
    """The artifacts that a log names, in its order, in an unnamed file: a million of them take no memory to speak of.

    Asked by place, or whether one is among them.
    """

    def __init__(self) -> None:
        with reaching("make a temporary file"):
            self._file = tempfile.TemporaryFile(prefix="annexa-verify-")  # noqa: SIM115 - closed with this object
        weakref.finalize(self, self._file.close)
        self._written = 0
        self._tail = bytearray()
        self._firsts = bytearray()
        """The first byte of each digest."""
        self._shard: tuple[int, int, frozenset[bytes]] = (-1, 0, frozenset())

    def add(self, entry: ArtifactEntry) -> None:
        """Take the next one; an id that is none is not taken, for its envelope cannot hold either."""
        if (digest := _digest(entry.artifact)) is None:
            return
        self._firsts.append(digest[0])
        self._tail += ROW.pack(digest, entry.index, microseconds(entry.recorded_at))
        if len(self._tail) >= BUFFER:
            with reaching("write a temporary file"):
                self._file.seek(self._written)
                self._written += self._file.write(self._tail)
            self._tail.clear()

    def __len__(self) -> int:
        return len(self._firsts)

    def anchor(self, at: int, stamps: Earliest[Stamped], seen: Earliest[Cosigned], kept: Checkpoint | None) -> Anchor:
        """Return since when the artifact at a place is anchored."""
        digest, leaf, recorded_at = ROW.unpack(self._row(at))
        return anchored(ID + digest.hex(), leaf, recorded_at, stamps, seen, kept)

    def has(self, artifact: str) -> bool:
        """Return whether an artifact is among them; those of equal beginnings are best asked one after the other."""
        digest = _digest(artifact)
        if digest is None:
            return False
        if self._shard[:2] != (digest[0], len(self)):
            self._shard = (digest[0], len(self), frozenset(self._of(digest[0])))
        return digest in self._shard[2]

    def _of(self, first: int) -> Iterable[bytes]:
        at = self._firsts.find(first)
        while at >= 0:
            yield self._row(at)[:RAW]
            at = self._firsts.find(first, at + 1)

    def _row(self, at: int) -> bytes:
        start = at * ROW.size - self._written
        if start >= 0:
            return bytes(self._tail[start : start + ROW.size])
        with reaching("read a temporary file"):
            self._file.seek(at * ROW.size)
            return self._file.read(ROW.size)


def anchored(
    artifact: str, leaf: int, recorded_at: int, stamps: Earliest[Stamped], seen: Earliest[Cosigned],
    kept: Checkpoint | None,
) -> Anchor:
    """Return since when an artifact is anchored: by the earliest stamp and cosignature on checkpoints with its leaf."""
    stamp, witness = stamps.over(leaf), seen.over(leaf)
    return Anchor(
        artifact, leaf, instant(recorded_at), stamp.at if stamp else None, stamp.checkpoint.size if stamp else None,
        kept is not None and leaf < kept.size, witness.checkpoint.size if witness else None,
        witness.at if witness else None, witness.witness if witness else "",
    )


class Anchors(Sequence[Anchor]):
    """The anchors of recorded artifacts, each made when it is asked for."""

    def __init__(
        self, recorded: Recorded, stamps: Iterable[Stamped], seen: Iterable[Cosigned], kept: Checkpoint | None
    ) -> None:
        self._recorded, self._kept = recorded, kept
        self._stamps, self._seen = Earliest(stamps), Earliest(seen)

    def __len__(self) -> int:
        return len(self._recorded)

    @overload
    def __getitem__(self, at: int) -> Anchor: ...
    @overload
    def __getitem__(self, at: slice) -> list[Anchor]: ...
    def __getitem__(self, at: int | slice) -> Anchor | list[Anchor]:
        if isinstance(at, slice):
            return [self[one] for one in range(*at.indices(len(self)))]
        if not -len(self) <= at < len(self):
            raise IndexError(at)
        return self._recorded.anchor(at % len(self), self._stamps, self._seen, self._kept)


def _digest(artifact: str) -> bytes | None:
    digest = artifact.removeprefix(ID)
    try:
        found = bytes.fromhex(digest)
    except ValueError:
        return None
    return found if ID + found.hex() == artifact and len(found) == RAW else None
