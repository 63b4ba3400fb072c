"""Inclusion and consistency proofs of RFC 6962, proven over any source of hashes and checked over none.

Proving names spans of leaves; whoever has the tree gives the root of each. Checking follows the
steps of RFC 9162, sections 2.1.3.2 and 2.1.4.2, which are those of RFC 6962 written out.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from agent.errors import VerificationError
from agent.seal.merkle import EMPTY_ROOT, HASH, node_hash, perfect_root
from agent.seal.tiles import HEIGHT, WIDTH

Hashes: TypeAlias = Callable[[int, int], bytes]
"""The root over the leaves from the first to the one before the second."""
Tiles: TypeAlias = Callable[[int, int, int], bytes]
"""A hash tile by level, index and width."""
HEAD = "c2sp.org/tlog-proof@v1"


def _split(size: int) -> int:
    """Return the largest power of two below the size."""
    return 1 << ((size - 1).bit_length() - 1)


def inclusion_spans(index: int, size: int) -> list[tuple[int, int]]:
    """Return the spans whose roots prove a leaf, those nearest to it first; raises `ValueError` beyond the tree."""
    if not 0 <= index < size:
        raise ValueError(f"there is no leaf {index} in a tree of {size}")
    spans: list[tuple[int, int]] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            spans.append((middle, end))
            end = middle
        else:
            spans.append((start, middle))
            start = middle
    return spans[::-1]


def consistency_spans(old: int, new: int) -> list[tuple[int, int]]:
    """Return the spans whose roots prove that the tree of `new` leaves continues that of `old`."""
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {new} leaves does not continue one of {old}")
    if old in (0, new):
        return []
    spans: list[tuple[int, int]] = []
    start, end, whole = 0, new, True
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            spans.append((middle, end))
            end = middle
        else:
            spans.append((start, middle))
            start, whole = middle, False
    return ([] if whole else [(start, end)]) + spans[::-1]


def prove_inclusion(index: int, size: int, hashes: Hashes) -> list[bytes]:
    """Return the proof that a leaf is in the tree of `size` leaves."""
    return [hashes(*span) for span in inclusion_spans(index, size)]


def prove_consistency(old: int, new: int, hashes: Hashes) -> list[bytes]:
    """Return the proof that the tree of `new` leaves begins with that of `old`."""
    return [hashes(*span) for span in consistency_spans(old, new)]


def check_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Raise `VerificationError` unless the proof leads from the leaf's hash to the root."""
    _whole(proof)
    if not 0 <= index < size:
        raise VerificationError(f"There is no leaf {index} in a log of {size}")
    fn, sn, node = index, size - 1, leaf
    for one in proof:
        if sn == 0:
            raise VerificationError("The inclusion proof is too long")
        if fn & 1 or fn == sn:
            node = node_hash(one, node)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            node = node_hash(node, one)
        fn, sn = fn >> 1, sn >> 1
    if sn or node != root:
        raise VerificationError(f"The inclusion proof does not lead from leaf {index} to the root of {size} leaves")


def check_consistency(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Raise `VerificationError` unless the proof shows that the new tree continues the old one."""
    _whole(proof)
    if not 0 <= old <= new:
        raise VerificationError(f"A log of {new} leaves does not continue one of {old}")
    if old in (0, new):
        if proof or old_root != (new_root if old else EMPTY_ROOT):
            raise VerificationError(f"At {old} leaves there are two different roots")
        return
    path = list(proof) if old & (old - 1) else [old_root, *proof]
    if not path:
        raise VerificationError("The consistency proof is empty")
    if _both(old, new, path) != (old_root, new_root):
        raise VerificationError(f"The log of {new} leaves does not continue that of {old}: one of them was rewritten")


def _both(old: int, new: int, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Return the roots of the old and the new tree that a path leads to."""
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    first = second = path[0]
    for one in path[1:]:
        if sn == 0:
            raise VerificationError("The consistency proof is too long")
        if fn & 1 or fn == sn:
            first, second = node_hash(one, first), node_hash(one, second)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            second = node_hash(second, one)
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise VerificationError("The consistency proof is too short")
    return first, second


def _whole(proof: Sequence[bytes]) -> None:
    if any(len(one) != HASH for one in proof):
        raise VerificationError("A proof holds something that is no SHA-256")


def from_tiles(size: int, tiles: Tiles) -> Hashes:
    """Return the roots of spans of a log of `size` leaves, read from its tiles."""

    def perfect(start: int, height: int) -> bytes:
        level, rest = divmod(height, HEIGHT)
        first = start >> (HEIGHT * level)
        index, at = divmod(first, WIDTH)
        width = min(WIDTH, (size >> (HEIGHT * level)) - index * WIDTH)
        tile = tiles(level, index, width)
        nodes = [tile[HASH * one : HASH * (one + 1)] for one in range(at, at + (1 << rest))]
        if any(len(one) != HASH for one in nodes):
            raise VerificationError(f"The tile {level}/{index} of the log is cut short")
        return perfect_root(nodes)

    def hashes(start: int, end: int) -> bytes:
        parts = []
        while start < end:
            height = (end - start).bit_length() - 1
            parts.append(perfect(start, height))
            start += 1 << height
        node = parts.pop()
        while parts:
            node = node_hash(parts.pop(), node)
        return node

    return hashes


def write_proof(index: int, proof: Sequence[bytes], checkpoint: bytes) -> bytes:
    """Return a C2SP tlog-proof: index, hashes and checkpoint in one text."""
    lines = [HEAD, f"index {index}", *(base64.b64encode(one).decode() for one in proof)]
    return "\n".join(lines).encode() + b"\n\n" + checkpoint


def read_proof(data: bytes) -> tuple[int, list[bytes], bytes]:
    """Return index, hashes and checkpoint of a tlog-proof; raises `VerificationError` where it is none."""
    head, found, checkpoint = data.partition(b"\n\n")
    try:
        version, index, *hashes = [line for line in head.decode("ascii").split("\n") if not line.startswith("extra ")]
        number = int(index.removeprefix("index "))
        proof = list(_decoded(hashes))
    except ValueError as error:
        raise VerificationError(f"The proof of inclusion cannot be read: {error}") from error
    if version != HEAD or not found or index != f"index {number}":
        raise VerificationError("The proof of inclusion is not written as the format asks")
    return number, proof, checkpoint


def _decoded(lines: Sequence[str]) -> Iterator[bytes]:
    for line in lines:
        data = base64.b64decode(line, validate=True)
        if len(data) != HASH:
            raise ValueError(f"{line!r} is no SHA-256")
        yield data


CONSISTENCY = "annexa consistency proof"


def write_consistency(old: int, new: int, proof: Sequence[bytes]) -> bytes:
    """Return a consistency proof as text: a head, both sizes, a hash on each line."""
    return "\n".join([CONSISTENCY, str(old), str(new), *(base64.b64encode(one).decode() for one in proof), ""]).encode()


def read_consistency(data: bytes) -> tuple[int, int, list[bytes]]:
    """Return both sizes and the hashes; raises `VerificationError` where the text is no consistency proof."""
    try:
        head, old, new, *hashes, end = data.decode("ascii").split("\n")
        if head != CONSISTENCY or end:
            raise ValueError("it begins or ends otherwise")
        return int(old), int(new), list(_decoded(hashes))
    except ValueError as error:
        raise VerificationError(f"The consistency proof cannot be read: {error}") from error
