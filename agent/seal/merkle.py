"""RFC 6962 Merkle tree hashing over a compact range: an append costs the same however tall the tree.

A compact range of n leaves keeps one hash for each bit set in n: the roots of the perfect
subtrees, the largest first (section 2.1 of the RFC splits at the largest power of two below n).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

HASH = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """Return SHA-256(0x00 || entry)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Range:
    """The compact range of the first `size` leaves; `hashes` has one for each bit set in `size`."""

    size: int
    hashes: tuple[bytes, ...]

    def __post_init__(self) -> None:
        if len(self.hashes) != self.size.bit_count() or any(len(one) != HASH for one in self.hashes):
            raise ValueError(f"{len(self.hashes)} hashes are no compact range of {self.size} leaves")

    def append(self, leaf: bytes) -> tuple[Range, tuple[tuple[int, bytes], ...]]:
        """Return the range with one leaf hash more, and the (height, root) of each subtree that it completed."""
        hashes = list(self.hashes)
        completed = []
        height, node, rest = 0, leaf, self.size
        while rest & 1:
            node = node_hash(hashes.pop(), node)
            height, rest = height + 1, rest >> 1
            completed.append((height, node))
        return Range(self.size + 1, (*hashes, node)), tuple(completed)

    def extend(self, leaves: Iterable[bytes]) -> Range:
        """Return the range with further leaf hashes."""
        result = self
        for leaf in leaves:
            result, _ = result.append(leaf)
        return result

    def root(self) -> bytes:
        """Return the Merkle tree head; of no leaves SHA-256 of nothing."""
        if not self.hashes:
            return EMPTY_ROOT
        *rest, node = self.hashes
        for left in reversed(rest):
            node = node_hash(left, node)
        return node

    def to_bytes(self) -> bytes:
        """Return the hashes joined, as `from_bytes` takes them."""
        return b"".join(self.hashes)

    @classmethod
    def from_bytes(cls, size: int, data: bytes) -> Range:
        """Return a kept range; raises `ValueError` where the bytes do not fit the size."""
        return cls(size, tuple(data[at : at + HASH] for at in range(0, len(data), HASH)))


EMPTY = Range(0, ())


def perfect_root(hashes: Sequence[bytes]) -> bytes:
    """Return the root over as many hashes of equal height as a power of two."""
    level = list(hashes)
    while len(level) > 1:
        level = [node_hash(level[at], level[at + 1]) for at in range(0, len(level), 2)]
    return level[0]
