"""Typed entries of the transparency log: canonical JSON below 1 KiB that the catalog can be rebuilt from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agent import canonical
from agent.errors import VerificationError

LARGEST = 1023


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactEntry:
    """An artifact was recorded: its id, the SHA-256 of its envelope and of its object.

    `clock` is what the clock said where it stood behind an earlier entry, else None.
    """

    index: int
    artifact: str
    envelope: str
    object: str
    recorded_at: datetime
    clock: datetime | None = None

    def write(self) -> bytes:
        """Return the leaf data."""
        return _write("artifact", self.index, self.recorded_at, self.clock, {
            "artifact": self.artifact, "envelope": self.envelope, "object": self.object,
        })


@dataclass(frozen=True, slots=True, kw_only=True)
class VoidEntry:
    """An artifact was voided: by whom and why; nothing is deleted."""

    index: int
    artifact: str
    reason: str
    by: str
    recorded_at: datetime
    clock: datetime | None = None

    def write(self) -> bytes:
        """Return the leaf data."""
        return _write("void", self.index, self.recorded_at, self.clock, {
            "artifact": self.artifact, "by": self.by, "reason": self.reason,
        })


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplingEntry:
    """A step of sampling: a population, a draw with its seed, a selection, a result; `name` is P1 or S1.

    `document` is the SHA-256 of the whole step; `facts` are what must stand in the log itself: of a
    population its root and size, of a draw its population and seed, of a result its item and outcome.
    """

    index: int
    step: str
    name: str
    document: str
    facts: dict[str, Any]
    recorded_at: datetime
    clock: datetime | None = None

    def write(self) -> bytes:
        """Return the leaf data."""
        return _write("sampling", self.index, self.recorded_at, self.clock, {
            "step": self.step, "name": self.name, "document": self.document, "facts": self.facts,
        })


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownEntry:
    """An entry of a type that a later version added: placed, timed and hashed like any, its meaning unknown here."""

    index: int
    kind: str
    data: bytes
    recorded_at: datetime
    clock: datetime | None = None

    def write(self) -> bytes:
        """Return the leaf data, as it was read."""
        return self.data


Entry = ArtifactEntry | VoidEntry | SamplingEntry | UnknownEntry


def _write(kind: str, index: int, recorded_at: datetime, clock: datetime | None, rest: dict[str, Any]) -> bytes:
    entry: dict[str, Any] = {"type": kind, "index": index, "recorded_at": canonical.timestamp(recorded_at), **rest}
    if clock is not None:
        entry["clock"] = canonical.timestamp(clock)
    data = canonical.document(entry)
    if len(data) > LARGEST:
        raise ValueError(f"the log entry has {len(data)} bytes, {LARGEST} are allowed")
    return data


def read_entry(data: bytes) -> Entry:
    """Return the entry of leaf data; one of an unknown type is an `UnknownEntry` (ADR 8).

    Raises `VerificationError` where it is none, or is of an unknown type and says `critical`.
    """
    try:
        entry = canonical.loads(data)
        kind, clock = entry.pop("type"), entry.pop("clock", None)
        entry["recorded_at"] = datetime.fromisoformat(entry["recorded_at"])
        entry["clock"] = datetime.fromisoformat(clock) if clock is not None else None
        known: dict[str, type[Entry]] = {"artifact": ArtifactEntry, "void": VoidEntry, "sampling": SamplingEntry}
        return known[kind](**entry) if kind in known else _unknown(kind, entry, data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise VerificationError(f"The log entry cannot be read: {error!r}") from error


def _unknown(kind: str, entry: dict[str, Any], data: bytes) -> UnknownEntry:
    """Return an entry of a later version; raises `VerificationError` where it may not be passed over."""
    if entry.get("critical", False) is not False:
        raise VerificationError(
            f"The log entry is of the type {kind!r}, which this version of annexa does not know and may not pass over",
            advice="Use the version that wrote it, or a later one",
        )
    return UnknownEntry(index=int(entry["index"]), kind=str(kind), data=data, recorded_at=entry["recorded_at"],
                        clock=entry["clock"])
