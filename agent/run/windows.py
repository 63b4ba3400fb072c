"""Windows of event sources that tile exactly: none overlaps, none leaves a hole.

A window begins where the watermark stands and ends no later than `settle` before now, because an
event may arrive late. What the source no longer keeps is lost, and said so: the first window then
begins later than the watermark, and the span between is named.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from agent.collector import Windows
from agent.model import Window


@dataclass(frozen=True, slots=True)
class Tiling:
    """The windows that are due, in order, and the span before them that the source no longer keeps."""

    windows: tuple[Window, ...]
    lost: Window | None = None


def tile(rule: Windows, watermark: datetime | None, now: datetime) -> Tiling:
    """Return the windows from the watermark up to `now - settle`, none longer than the rule allows.

    Without a watermark the first window begins at the source's reach. An end that does not lie
    after the start (a clock that was set back, or a settle delay not yet over) gives no window.
    """
    end = now - rule.settle
    oldest = now - rule.reach
    start = oldest if watermark is None else watermark
    lost = None
    if watermark is not None and watermark < oldest:
        lost, start = Window(watermark, oldest), oldest
    windows = []
    while start < end:
        stop = min(start + rule.longest, end)
        windows.append(Window(start, stop))
        start = stop
    return Tiling(tuple(windows), lost if windows else None)
