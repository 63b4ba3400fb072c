"""Paths and bytes of C2SP tlog-tiles: hash tiles of 256, entry bundles, partial tiles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agent.errors import VerificationError

WIDTH = 256
HEIGHT = 8


def _number(index: int) -> str:
    """Return the index in groups of three digits, all but the last with an x: 1234067 is x001/x234/067."""
    groups = [f"{index % 1000:03}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03}")
    return "/".join(groups)


def tile_path(level: int | str, index: int, width: int = WIDTH) -> str:
    """Return the path of a tile below the log; level `entries` is an entry bundle."""
    partial = f".p/{width}" if width < WIDTH else ""
    return f"tile/{level}/{_number(index)}{partial}"


def spans(size: int, level: int, since: int = 0) -> Iterator[tuple[int, int]]:
    """Yield (index, width) of each tile of a level that a tree of `size` has and one of `since` had not whole."""
    count, before = size >> (HEIGHT * level), since >> (HEIGHT * level)
    for index in range(before // WIDTH, -(-count // WIDTH)):
        width = min(WIDTH, count - index * WIDTH)
        if index * WIDTH + width > before:
            yield index, width


def bundle(entries: Sequence[bytes]) -> bytes:
    """Return an entry bundle: each entry after its length in two bytes, big-endian."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def unbundle(data: bytes) -> list[bytes]:
    """Return the entries of a bundle; raises `VerificationError` where the lengths do not add up."""
    entries, at = [], 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if end > len(data):
            raise VerificationError("An entry bundle of the log is cut short")
        entries.append(data[at + 2 : end])
        at = end
    return entries
