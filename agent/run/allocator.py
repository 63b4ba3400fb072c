"""Memory that is free goes back to the system: pages of answers come and go on many threads for weeks."""

from __future__ import annotations

import ctypes

BLOCK = 128 << 10
"""Bytes from which a block of memory is the system's own and goes back to it at once."""
ARENAS = 2
_TRIM, _MAP, _ARENA_MAX = -1, -3, -8  # malloc.h of glibc


def settle() -> bool:
    """Keep glibc from raising its thresholds as it goes, and from an arena a thread; returns whether it is glibc."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False  # another C library, whose ways are its own
    return all(mallopt(what, value) for what, value in ((_MAP, BLOCK), (_TRIM, BLOCK), (_ARENA_MAX, ARENAS)))
