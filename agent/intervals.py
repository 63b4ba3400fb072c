"""Unions of half-open spans of time: joined, in common, and what they leave out."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from agent.model import Window


def join(windows: Iterable[Window]) -> list[Window]:
    """Return the union of the windows as disjoint ones in order; windows that touch are one."""
    joined: list[Window] = []
    for window in sorted(windows):
        if joined and window.start <= joined[-1].end:
            joined[-1] = Window(joined[-1].start, max(joined[-1].end, window.end))
        elif window.start < window.end:
            joined.append(window)
    return joined


def common(some: Sequence[Window], others: Sequence[Window]) -> list[Window]:
    """Return the spans that lie in both unions."""
    found: list[Window] = []
    others = join(others)
    for window in join(some):
        for other in others[max(bisect_right(others, window) - 1, 0) :]:
            if other.start >= window.end:
                break
            start, end = max(window.start, other.start), min(window.end, other.end)
            if start < end:
                found.append(Window(start, end))
    return found


def holes(windows: Iterable[Window], span: Window) -> list[Window]:
    """Return the parts of the span that no window covers, in order."""
    found: list[Window] = []
    begins = span.start
    for window in join(windows):
        if window.start >= span.end:
            break
        if window.start > begins:
            found.append(Window(begins, window.start))
        begins = max(begins, window.end)
    if begins < span.end:
        found.append(Window(begins, span.end))
    return found
