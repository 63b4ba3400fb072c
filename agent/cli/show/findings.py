"""What `annexa doctor` found, as people and machines read it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Protocol

from rich.text import Text

from agent.cli import words
from agent.cli.screen import Screen, plain

_LEVELS = {"ok": words.GOOD, "warn": words.WARN, "fail": words.BAD}


class Checked(Protocol):
    """One check: `state` is ok, warn or fail."""

    @property
    def check(self) -> str:
        """Return what was checked."""

    @property
    def state(self) -> str:
        """Return ok, warn or fail."""

    @property
    def what(self) -> str:
        """Return what was found."""

    @property
    def remedy(self) -> str:
        """Return what to do, '' where nothing is."""


def as_json(one: Checked) -> dict[str, Any]:
    """Return a check as the machine interface writes it."""
    return {"check": one.check, "state": one.state, "what": one.what, "remedy": one.remedy or None}


def findings(screen: Screen, listed: Sequence[Checked]) -> None:
    """Print each check with what was found, and the remedy below it."""
    by = min(max((len(one.check) for one in listed), default=0) + 3, screen.width // 3)
    for one in listed:
        label = words.marked(plain(one.check), _LEVELS[one.state], screen.signs)
        screen.hanging(label, one.what, by=by)
        if one.remedy:
            screen.hanging("", Text(plain(one.remedy), style="bold"), by=by)
    counts = Counter(one.state for one in listed)
    screen.blank()
    screen.line(f"{counts['ok']} ok, {words.count(counts['warn'], 'warning')}, {counts['fail']} failed")
