"""The list of the runs of a package, against what was signed, what was logged of them, and their time stamps."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any

from agent import canonical
from agent.errors import VerificationError
from agent.seal import ArtifactEntry, Entry, ErasureEntry, Statement, VoidEntry
from agent.store.sequencer import told
from agent.verify import layout
from agent.verify.report import Step
from agent.verify.unpacked import Files, reading

SEALED = {
    "artifact": "id", "leaf": "leaf", "collector": "collector", "kind": "kind", "scope": "scope",
    "boundary": "boundary", "region": "region", "source": "source", "outcome": "outcome", "records": "records",
    "lacking": "lacking", "error": "error", "collected_at": "collected_at", "finished_at": "finished_at",
    "recorded_at": "recorded_at", "window_from": "window_start", "window_to": "window_end", "object": "object",
    "size": "size",
}
"""What the list says of a run, by the name that its statement or its entry has for it."""
VOID = ("voided_at", "void_reason", "voided_by")


@dataclass(slots=True)
class Listed:
    """Takes each run as it was signed; `end` compares the list with it, and with what was logged of the run."""

    stamps: Mapping[int, datetime | None]
    """The stamped sizes in the package, with the instant where the stamp is believed."""
    _runs: dict[str, bytes] = field(default_factory=dict)
    _voids: dict[str, VoidEntry] = field(default_factory=dict)
    _erasures: list[ErasureEntry] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self._runs)

    def take(self, entry: ArtifactEntry, statement: Statement | None) -> None:
        """Take a run that lies here, None where its statement cannot be believed."""
        self._runs[entry.artifact] = b"" if statement is None else _digest(sealed(entry, statement))

    def act(self, entry: Entry) -> None:
        """Take what was done with a run: the first void counts, and each erasure."""
        if isinstance(entry, VoidEntry):
            first = self._voids.setdefault(entry.artifact, entry)
            self._voids[entry.artifact] = min(first, entry, key=attrgetter("index"))
        elif isinstance(entry, ErasureEntry):
            self._erasures.append(entry)

    def end(self, step: Step, files: Files) -> None:
        """Refuse runs that are listed and not here, here and not listed, and told otherwise than they are."""
        left = dict(self._runs)
        with step.trying(), reading(files, layout.EVIDENCE) as lines:
            for number, line in enumerate(lines, 1):
                try:
                    fact = canonical.loads(line)
                    artifact, wrong = str(fact["artifact"]), list(self._wrong(fact))
                except (ValueError, KeyError, TypeError) as error:
                    raise VerificationError(f"line {number} of {layout.EVIDENCE} cannot be read: {error!r}") from error
                if left.pop(artifact, None) is None:
                    raise VerificationError(f"{artifact} is listed and does not lie here")
                for said in wrong:
                    step.refuse(f"{artifact}: {said}")
        for artifact in left:
            step.refuse(f"{artifact} lies here and is not listed")
        step.says = f"{len(self._runs):,} runs"

    def _wrong(self, fact: Mapping[str, Any]) -> Iterator[str]:
        """Yield how a line of the list differs from what was signed and logged."""
        artifact, leaf = fact["artifact"], fact["leaf"]
        if self._runs.get(artifact) and _digest({name: fact[name] for name in SEALED}) != self._runs[artifact]:
            yield "the list says otherwise than the seal"
        if [fact[name] for name in VOID] != self._void(artifact):
            yield "list and log disagree on whether, when and why it is void"
        if fact["erased"] != self._erased(fact["scope"], leaf):
            yield "list and log disagree on whether its records were erased"
        if not self._anchored(leaf, fact["anchored_by"], fact["anchored_at"]):
            yield "the list names another time stamp than the first that lies here"

    def _void(self, artifact: str) -> list[str | None]:
        void = self._voids.get(artifact)
        if void is None:
            return [None, "", ""]
        return [canonical.timestamp(void.recorded_at), void.reason, void.by]

    def _erased(self, scope: str, leaf: int) -> dict[str, Any] | None:
        fitting = (one for one in self._erasures if one.scope == scope and one.index > leaf)
        act = min(fitting, key=attrgetter("index"), default=None)
        if act is None:
            return None
        return {"at": canonical.timestamp(act.recorded_at), "by": act.by, "reason": act.reason, "leaf": act.index}

    def _anchored(self, leaf: int, by: int | None, at: str | None) -> bool:
        first = min((size for size in self.stamps if size > leaf), default=None)
        if first is None or first != by:
            return first == by and at is None
        instant = self.stamps[first]
        return instant is None or at == canonical.timestamp(instant)


def sealed(entry: ArtifactEntry, statement: Statement) -> dict[str, Any]:
    """Return what the list must say of a run."""
    columns = told(entry, statement)
    return {name: columns[column] for name, column in SEALED.items()} | {"object": layout.hexadecimal(statement.digest)}


def _digest(facts: Mapping[str, Any]) -> bytes:
    return hashlib.sha256(canonical.document(facts)).digest()
