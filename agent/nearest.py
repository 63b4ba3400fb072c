"""The word that was probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

ALIKE = 0.65
"""Two words are near from here on, between 0 for nothing in common and 1 for the same word."""


def nearest(word: str, words: Iterable[str]) -> str:
    """Return the known word most like this one, '' where none is like it."""
    said = word[:100].lower()
    near = min(((-_alike(said, one.lower()), -_in_place(said, one.lower()), one) for one in words), default=None)
    return near[2] if near and -near[0] >= ALIKE else ""


def _in_place(one: str, other: str) -> int:
    """Return how many characters stand at the same place: of two words as near, the one with more is meant."""
    return sum(a == b for a, b in zip(one, other, strict=False))


def _alike(one: str, other: str) -> float:
    """Return how alike two words are; the same part before a dot says nothing: `aws.foo` is not `aws.root_user`."""
    (head, _, tail), (first, _, last) = one.partition("."), other.partition(".")
    return SequenceMatcher(None, *((tail, last) if head == first and tail and last else (one, other))).ratio()


def meant(word: str, words: Iterable[str]) -> str:
    """Return the advice for an unknown word: the nearest one, or all of them where they are few."""
    known = list(words)
    near = nearest(word, known)
    if near:
        return f"Did you mean {near}?"
    return f"Known: {', '.join(known)}" if 0 < len(known) <= 30 else ""
