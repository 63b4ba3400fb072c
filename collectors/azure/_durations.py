"""Durations as Azure writes them: `PT25M30S`, or a clock `1.00:25:30.5`."""

from __future__ import annotations

import re

_PERIOD = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")
_CLOCK = re.compile(r"(?:(\d+)\.)?(\d+):(\d+):(\d+(?:\.\d+)?)")


def seconds(text: str | None) -> float | None:
    """Return the seconds of a duration, None where it is none or counts in months and years."""
    found = _CLOCK.fullmatch(text or "") or _PERIOD.fullmatch(text or "")
    if not found or not any(found.groups()):
        return None
    days, hours, minutes, rest = (float(one or 0) for one in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + rest
