"""The word that was probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, words: Iterable[str]) -> str:
    """Return the known word most like this one, '' where none is like it."""
    known = {w.lower(): w for w in words}
    found = get_close_matches(word[:100].lower(), known, n=1, cutoff=0.6)
    return known[found[0]] if found else ""


def meant(word: str, words: Iterable[str]) -> str:
    """Return the advice for an unknown word: the nearest one, or all of them where they are few."""
    known = list(words)
    near = nearest(word, known)
    if near:
        return f"Did you mean {near}?"
    return f"Known: {', '.join(known)}" if 0 < len(known) <= 30 else ""
