"""Entries that a later version wrote: part of the log like all others, and what they say is not judged (ADR 8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from agent.seal import Entry, UnknownEntry
from agent.verify.report import Step

PROVES = "this version understands every entry of the log"
MOST = 20
"""Types that are named; the rest are counted."""


@dataclass(slots=True)
class Unknown:
    """Counts the entries of unknown types; `end` says them."""

    step: Step
    _counts: Counter[str] = field(default_factory=Counter)
    _first: dict[str, int] = field(default_factory=dict)

    def bundle(self, entries: Iterable[Entry]) -> None:
        """Count those of a bundle of entries."""
        for entry in entries:
            if isinstance(entry, UnknownEntry):
                kind = entry.kind[:40] if entry.kind in self._first or len(self._first) < MOST else "others"
                self._counts[kind] += 1
                self._first.setdefault(kind, entry.index)

    def end(self) -> None:
        """Say what there is; the step is open where something is not understood."""
        if self._counts:
            each = "; ".join(f"{count:,} of the type {kind!r}, the first is leaf {self._first[kind]}"
                             for kind, count in sorted(self._counts.items()))
            self.step.open(f"a later version wrote {each}: they are in the log unchanged, but what they say is not "
                           "judged here; verify with that version as well")
