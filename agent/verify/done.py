"""What the log says was done with evidence, judged: records may be gone only as retention, erasures and holds allow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, timedelta

from agent import canonical
from agent.calendar import add
from agent.cipher import encrypted
from agent.durations import duration
from agent.seal import (
    ArtifactEntry,
    CustodyEntry,
    DeletionEntry,
    Entry,
    ErasureEntry,
    HoldEntry,
    KeyEntry,
    Statement,
    VoidEntry,
)
from agent.store.acts import SCOPE
from agent.store.artifact import scope_name
from agent.store.custody import read_batch
from agent.store.objects import Objects
from agent.verify.report import MOST, Step

PROVES = ("records that are gone were deleted past their retention or erased with their scope, under no hold, and the "
          "log says when and by whom")
SLACK = timedelta(days=1)
"""Calendar months end at another hour in the time zone of the organization."""
Removal = DeletionEntry | ErasureEntry
Gone = tuple[ArtifactEntry, Statement, str]


@dataclass(slots=True)
class Done:
    """Takes the entries of the log in their order; `end` judges the objects that are gone.

    `waiting`: runs are sealed that the log does not have yet, whose objects lie there rightly.
    """

    objects: Objects
    step: Step
    waiting: bool = False
    _told: list[tuple[int, str]] = field(default_factory=list)
    _holds: list[HoldEntry] = field(default_factory=list)
    _removals: dict[str, list[Removal]] = field(default_factory=dict)
    """By the path of a deletion, and by `scope:` and the scope of an erasure."""
    _gone: list[Gone] = field(default_factory=list)
    _after: dict[str, set[str]] = field(default_factory=dict)
    """By each erased scope: the clear objects that were collected since."""

    def entry(self, entry: Entry, access: Step) -> None:
        """Take an entry; a batch of the access log that is not the one in the log is refused in its step."""
        if isinstance(entry, HoldEntry):
            self._holds.append(entry)
        elif isinstance(entry, DeletionEntry):
            self._removals.setdefault(entry.path, []).append(entry)
        elif isinstance(entry, ErasureEntry):
            self._removals.setdefault(SCOPE + entry.scope, []).append(entry)
            self._after[entry.scope] = set()
        elif isinstance(entry, CustodyEntry):
            with access.trying(f"leaf {entry.index}"):
                read_batch(entry, self.objects)
        if said := _line(entry):
            self._told.append((entry.index, f"leaf {entry.index}, {canonical.timestamp(entry.recorded_at)}: {said}"))

    def artifact(self, entry: ArtifactEntry, statement: Statement, gone: str) -> None:
        """Take an artifact; `gone` is why its object cannot be read, where it is not there or its key is not."""
        if gone:
            self._gone.append((entry, statement, gone))
        elif statement.provenance.scope in self._after and not encrypted(statement.path):
            self._after[statement.provenance.scope].add(statement.path)

    def end(self, objects: Step) -> list[str]:
        """Judge what is gone, and return what the log says was done, line by line."""
        counts = {DeletionEntry: 0, ErasureEntry: 0}
        by_act: dict[int, int] = {}
        lost: dict[str, list[str]] = {}
        for entry, statement, why in self._gone:
            removal = self._removal(entry, statement)
            if removal is None:
                lost.setdefault(why, []).append(entry.artifact)
                continue
            counts[type(removal)] += 1
            by_act[removal.index] = by_act.get(removal.index, 0) + 1
            if by_act[removal.index] <= MOST:
                self._told.append((removal.index, f"{entry.artifact}: {_removed(removal)}"))
            for wrong in self._wrong(entry, statement, removal):
                self.step.refuse(f"{entry.artifact}: {wrong}")
        for why, artifacts in lost.items():
            more = f" and {len(artifacts) - 1:,} more" if len(artifacts) > 1 else ""
            objects.refuse(f"{artifacts[0]}{more}: {why}")
        self._told += [(leaf, f"leaf {leaf}: and {count - MOST:,} more artifacts")
                       for leaf, count in by_act.items() if count > MOST]
        self._unfinished()
        deleted = f"{counts[DeletionEntry]:,} artifacts' objects were deleted" if counts[DeletionEntry] else (
            "no object was deleted")
        erased = f", the records of {counts[ErasureEntry]:,} erased" if counts[ErasureEntry] else ""
        self.step.says = f"{deleted}{erased}; {len(self._held(self._holds))} hold(s) in force"
        return [line for _leaf, line in sorted(self._told)]

    def _removal(self, entry: ArtifactEntry, statement: Statement) -> Removal | None:
        """Return the first entry after that of an artifact by which its object may be gone."""
        acts = [*self._removals.get(statement.path, ()),
                *self._removals.get(SCOPE + statement.provenance.scope, ())]
        return min((one for one in acts if one.index > entry.index), key=lambda one: one.index, default=None)

    def _wrong(self, entry: ArtifactEntry, statement: Statement, removal: Removal) -> Iterator[str]:
        if isinstance(removal, DeletionEntry):
            try:
                until = add(entry.recorded_at, duration(removal.retention), UTC)
            except ValueError as error:
                yield f"leaf {removal.index} names no retention: {error}"
                return
            if removal.recorded_at < until - SLACK:
                yield f"leaf {removal.index} deleted it before its retention of {removal.retention} was over"
        covering = {entry.artifact, SCOPE + statement.provenance.scope}
        before = [one for one in self._holds if one.index < removal.index]
        done = "deleted" if isinstance(removal, DeletionEntry) else "erased"
        for hold in self._held(before):
            if hold.subject in covering:
                yield f"leaf {removal.index} {done} it under the hold {hold.name} of {hold.by}"

    def _unfinished(self) -> None:
        """Refuse an erasure of which the key, or an object in the clear, is still there."""
        for scope, since in self._after.items():
            with self.step.trying():
                for act in self._removals[SCOPE + scope]:
                    if isinstance(act, ErasureEntry) and act.key and self.objects.keys.has(act.key):
                        self.step.refuse(f"leaf {act.index} says that the scope {scope} was erased, and its key is "
                                         "still there: any command of the agent that writes finishes it")
                for path in () if self.waiting else self.objects.list(f"objects/{scope_name(scope)}/"):
                    if not encrypted(path) and path not in since:
                        self.step.refuse(f"the scope {scope} was erased, and {path} is still there in the clear")

    @staticmethod
    def _held(entries: list[HoldEntry]) -> list[HoldEntry]:
        held: dict[str, HoldEntry] = {}
        for one in entries:
            if one.action == "placed":
                held[one.name] = one
            else:
                held.pop(one.name, None)
        return list(held.values())


def _removed(entry: Removal) -> str:
    at = canonical.timestamp(entry.recorded_at)
    if isinstance(entry, ErasureEntry):
        return f"erased on {at} by {entry.by}: {entry.reason}"
    return f"deleted under retention on {at}"


def _line(entry: Entry) -> str:
    if isinstance(entry, VoidEntry):
        return f"{entry.artifact} void, by {entry.by}: {entry.reason}"
    if isinstance(entry, HoldEntry):
        return f"hold {entry.name} {entry.action} on {entry.subject}, by {entry.by}: {entry.reason}"
    if isinstance(entry, DeletionEntry):
        return f"{entry.path} deleted under the retention {entry.retention}, by {entry.by}"
    if isinstance(entry, ErasureEntry):
        return f"scope {entry.scope} erased ({entry.artifacts:,} artifacts), by {entry.by}: {entry.reason}"
    if isinstance(entry, KeyEntry):
        return f"key {entry.keyid[:16]} signs from here on, after {entry.follows[:16]}, by {entry.by}: {entry.reason}"
    return ""
