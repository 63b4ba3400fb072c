"""Every entry of the log, in a package: nothing that people did, and no draw, is in the log and left out of it."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field
from datetime import datetime

from agent.errors import VerificationError
from agent.seal import EMPTY, ArtifactEntry, Checkpoint, Entry, SamplingEntry, leaf_hash, read_entry
from agent.seal.tiles import WIDTH, spans, unbundle
from agent.verify import layout
from agent.verify.report import Step
from agent.verify.unpacked import Files, read


@dataclass(slots=True)
class Complete:
    """Makes the root again from every entry, and looks for each that must lie in the package by itself.

    These are all entries but those of runs and samples; and of each population that is here, each draw on a
    population of its root, with its items and results. Which runs belong in is not judged: the log has digests of them.
    """

    files: Files
    names: Container[str]
    head: Checkpoint
    step: Step
    last: datetime | None = None
    """When the last entry was recorded, once all of them have made the signed root."""
    _roots: dict[str, str] = field(default_factory=dict)
    """By the name of a population."""
    _here: set[str] = field(default_factory=set)
    """The roots of populations that lie in the package."""
    _sampled: list[tuple[int, SamplingEntry]] = field(default_factory=list)

    def judge(self) -> None:
        """Refuse entries that are not those of the signed log, and what they say was left out."""
        with self.step.trying():
            self._walk()
            drawn: set[str] = set()
            for leaf, entry in self._sampled:
                if entry.step == "draw" and self._roots.get(str(entry.facts.get("population"))) in self._here:
                    drawn.add(entry.name)
                if entry.name in drawn:
                    self._needed(leaf, f"a {entry.step} of {entry.name}")
            self.step.says = f"{self.head.size:,} entries"

    def _walk(self) -> None:
        grown, recorded_at = EMPTY, None
        for number, width in spans(self.head.size, 0):
            entries = unbundle(read(self.files, layout.bundle_file(number)))
            if len(entries) != width:
                raise VerificationError(f"{layout.bundle_file(number)} has {len(entries)} entries, the log {width}")
            grown = grown.extend(map(leaf_hash, entries))
            for leaf, data in enumerate(entries, number * WIDTH):
                entry = read_entry(data)
                recorded_at = entry.recorded_at
                self._take(leaf, entry)
        if grown.root() != self.head.root:
            raise VerificationError("the entries make another root than the checkpoint's")
        self.last = recorded_at

    def _take(self, leaf: int, entry: Entry) -> None:
        if isinstance(entry, ArtifactEntry):
            return
        if not isinstance(entry, SamplingEntry):
            self._needed(leaf, type(entry).__name__.removesuffix("Entry").lower())
        elif entry.step != "population":
            self._sampled.append((leaf, entry))
        else:
            self._roots[entry.name] = str(entry.facts.get("root"))
            if layout.entry_file(leaf) in self.names:
                self._here.add(self._roots[entry.name])

    def _needed(self, leaf: int, what: str) -> None:
        if layout.entry_file(leaf) not in self.names:
            self.step.refuse(f"leaf {leaf}, {what}, is in the log and was left out of the package")
