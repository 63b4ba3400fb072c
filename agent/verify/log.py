"""The log of a store read once from its files: entries, hash tiles, roots at the sizes that matter, times."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from agent import canonical
from agent.errors import VerificationError
from agent.seal import EMPTY, Checkpoint, Entry, Range, leaf_hash, read_entry
from agent.seal.merkle import HASH, perfect_root
from agent.seal.tiles import WIDTH, spans, unbundle
from agent.store.logfiles import read_tile
from agent.store.objects import Objects
from agent.verify.report import Step
from agent.verify.stamps import SKEW


@dataclass(slots=True)
class Walk:
    """One pass over the entries of a signed checkpoint; `roots` fills with the root at each size asked for."""

    objects: Objects
    head: Checkpoint
    log: Step
    clock: Step
    sizes: frozenset[int] = frozenset()
    roots: dict[int, bytes] = field(default_factory=dict)
    times: dict[int, datetime] = field(default_factory=dict)
    """When the last entry of each size asked for was recorded."""
    last: datetime | None = None
    _grown: Range = EMPTY
    _rows: list[list[bytes]] = field(default_factory=lambda: [[]])

    def bundles(self) -> Iterator[list[Entry]]:
        """Yield the entries by bundles; refuses in the step what is not what was signed."""
        for index, width in spans(self.head.size, 0):
            found: list[Entry] = []
            with self.log.trying(f"bundle {index}"):
                data = unbundle(read_tile(self.objects, "entries", index, width))
                if len(data) < width:
                    raise VerificationError(f"it holds {len(data)} entries of {width}")
                for entry in data[:width]:
                    self._leaf(entry, found)
            yield found
            if self._grown.size != index * WIDTH + width:
                return  # nothing that follows can be placed
        self._end()

    def _leaf(self, data: bytes, found: list[Entry]) -> None:
        at = self._grown.size
        hashed = leaf_hash(data)
        self._grown, _completed = self._grown.append(hashed)
        self._tile(0, hashed)
        entry = read_entry(data)
        if entry.index != at:
            self.log.refuse(f"leaf {at} says that it is leaf {entry.index}")
        self._time(at, entry)
        if self._grown.size in self.sizes:
            self.roots[self._grown.size] = self._grown.root()
            self.times[self._grown.size] = entry.recorded_at
        found.append(entry)

    def _time(self, at: int, entry: Entry) -> None:
        if self.last is not None and entry.recorded_at < self.last:
            self.clock.refuse(
                f"leaf {at} was recorded at {canonical.timestamp(entry.recorded_at)}, before the leaf before it"
            )
        if entry.clock is not None and entry.recorded_at - entry.clock > SKEW:
            self.clock.refuse(behind(entry))
        self.last = entry.recorded_at

    def _tile(self, level: int, hashed: bytes) -> None:
        if len(self._rows) == level:
            self._rows.append([])
        row = self._rows[level]
        row.append(hashed)
        if len(row) == WIDTH:
            self._compare(level, row)
            self._tile(level + 1, perfect_root(row))
            row.clear()

    def _compare(self, level: int, row: list[bytes]) -> None:
        count = self._grown.size >> (8 * level)
        index = (count - 1) // WIDTH
        with self.log.trying(f"tile {level}/{index}"):
            if read_tile(self.objects, level, index, len(row))[: HASH * len(row)] != b"".join(row):
                raise VerificationError("it holds other hashes than the entries make")

    def _end(self) -> None:
        for level, row in enumerate(self._rows):
            if row:
                self._compare(level, row)
        if self._grown.root() != self.head.root:
            self.log.refuse("the entries do not make the root that was signed: the log was rewritten")

    def compare(self, checkpoint: Checkpoint, step: Step, what: str) -> bool:
        """Return whether the log begins with that of another checkpoint; refuses in the step where it does not."""
        if checkpoint.size > self.head.size:
            step.refuse(
                f"{what} is of {checkpoint.size} leaves, the log of {self.head.size}: the log was rolled back"
            )
        elif self.roots.get(checkpoint.size) != checkpoint.root:
            step.refuse(f"{what}: the first {checkpoint.size} leaves make another root: the log was rewritten")
        else:
            return True
        return False


def behind(entry: Entry) -> str:
    """Return what an entry says of a clock that stood behind the log."""
    assert entry.clock is not None
    return (
        f"leaf {entry.index}: the clock said {canonical.timestamp(entry.clock)} when the log already stood at "
        f"{canonical.timestamp(entry.recorded_at)}: it was set back"
    )


def wanted(checkpoints: Iterable[Checkpoint]) -> frozenset[int]:
    """Return the sizes at which a walk must keep the root."""
    return frozenset(one.size for one in checkpoints)
