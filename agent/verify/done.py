"""What the log says was done with evidence, judged: an object may be gone only as retention and holds allow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, timedelta

from agent import canonical
from agent.calendar import add
from agent.durations import duration
from agent.seal import ArtifactEntry, CustodyEntry, DeletionEntry, Entry, HoldEntry, KeyEntry, Statement, VoidEntry
from agent.store.acts import SCOPE
from agent.store.custody import read_batch
from agent.store.objects import Objects
from agent.verify.report import Step

PROVES = "objects that are gone were deleted past their retention and under no hold, and the log says when and by whom"
SLACK = timedelta(days=1)
"""Calendar months end at another hour in the time zone of the organization."""


@dataclass(slots=True)
class Done:
    """Takes the entries of the log in their order; `end` judges the objects that are gone."""

    objects: Objects
    step: Step
    _told: list[tuple[int, str]] = field(default_factory=list)
    _holds: list[HoldEntry] = field(default_factory=list)
    _deletions: dict[str, list[DeletionEntry]] = field(default_factory=dict)
    _gone: list[tuple[ArtifactEntry, Statement]] = field(default_factory=list)

    def entry(self, entry: Entry, access: Step) -> None:
        """Take an entry; a batch of the access log that is not the one in the log is refused in its step."""
        if isinstance(entry, HoldEntry):
            self._holds.append(entry)
        elif isinstance(entry, DeletionEntry):
            self._deletions.setdefault(entry.path, []).append(entry)
        elif isinstance(entry, CustodyEntry):
            with access.trying(f"leaf {entry.index}"):
                read_batch(entry, self.objects)
        if said := _line(entry):
            self._told.append((entry.index, f"leaf {entry.index}, {canonical.timestamp(entry.recorded_at)}: {said}"))

    def gone(self, entry: ArtifactEntry, statement: Statement) -> None:
        """Take an artifact whose object is not there."""
        self._gone.append((entry, statement))

    def end(self, objects: Step) -> list[str]:
        """Judge what is gone, and return what the log says was done, line by line."""
        for entry, statement in self._gone:
            deletion = next((one for one in self._deletions.get(statement.path, ()) if one.index > entry.index), None)
            if deletion is None:
                objects.refuse(f"{entry.artifact}: {statement.path} is gone from the store")
                continue
            at = canonical.timestamp(deletion.recorded_at)
            self._told.append((deletion.index, f"{entry.artifact}: deleted under retention on {at}"))
            for why in self._wrong(entry, statement, deletion):
                self.step.refuse(f"{entry.artifact}: {why}")
        deleted = f"{len(self._gone):,} artifacts' objects were deleted" if self._gone else "no object was deleted"
        self.step.says = f"{deleted}; {len(self._held(self._holds))} hold(s) in force"
        return [line for _leaf, line in sorted(self._told)]

    def _wrong(self, entry: ArtifactEntry, statement: Statement, deletion: DeletionEntry) -> Iterator[str]:
        try:
            until = add(entry.recorded_at, duration(deletion.retention), UTC)
        except ValueError as error:
            yield f"leaf {deletion.index} names no retention: {error}"
            return
        if deletion.recorded_at < until - SLACK:
            yield f"leaf {deletion.index} deleted it before its retention of {deletion.retention} was over"
        covering = {entry.artifact, SCOPE + statement.provenance.scope}
        before = [one for one in self._holds if one.index < deletion.index]
        for hold in self._held(before):
            if hold.subject in covering:
                yield f"leaf {deletion.index} deleted it under the hold {hold.name} of {hold.by}"

    @staticmethod
    def _held(entries: list[HoldEntry]) -> list[HoldEntry]:
        held: dict[str, HoldEntry] = {}
        for one in entries:
            if one.action == "placed":
                held[one.name] = one
            else:
                held.pop(one.name, None)
        return list(held.values())


def _line(entry: Entry) -> str:
    if isinstance(entry, VoidEntry):
        return f"{entry.artifact} void, by {entry.by}: {entry.reason}"
    if isinstance(entry, HoldEntry):
        return f"hold {entry.name} {entry.action} on {entry.subject}, by {entry.by}: {entry.reason}"
    if isinstance(entry, DeletionEntry):
        return f"{entry.path} deleted under the retention {entry.retention}, by {entry.by}"
    if isinstance(entry, KeyEntry):
        return f"key {entry.keyid[:16]} signs from here on, after {entry.follows[:16]}, by {entry.by}: {entry.reason}"
    return ""
