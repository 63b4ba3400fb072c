"""Typed entries of the transparency log: canonical JSON below 1 KiB that the catalog can be rebuilt from."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from agent import canonical
from agent.errors import VerificationError

LARGEST = 1023


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """What every entry has: its place, when it was recorded, and the clock where that stood behind, else None."""

    index: int
    recorded_at: datetime
    clock: datetime | None = None

    def write(self) -> bytes:
        """Return the leaf data; raises `ValueError` where it is longer than a leaf may be."""
        entry: dict[str, Any] = {one.name: getattr(self, one.name) for one in fields(self)}
        entry |= {"type": TYPES[type(self)], "recorded_at": canonical.timestamp(self.recorded_at)}
        clock = entry.pop("clock")
        if clock is not None:
            entry["clock"] = canonical.timestamp(clock)
        data = canonical.document(entry)
        if len(data) > LARGEST:
            raise ValueError(f"the log entry has {len(data)} bytes, {LARGEST} are allowed")
        return data


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactEntry(Logged):
    """An artifact was recorded: its id, the SHA-256 of its envelope and of its object."""

    artifact: str
    envelope: str
    object: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VoidEntry(Logged):
    """An artifact was voided: by whom and why; nothing is deleted."""

    artifact: str
    reason: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplingEntry(Logged):
    """A step of sampling: a population, a draw with its seed, a selection, a result; `name` is P1 or S1.

    `document` is the SHA-256 of the whole step; `facts` are what must stand in the log itself: of a
    population its root and size, of a draw its population and seed, of a result its item and outcome.
    """

    step: str
    name: str
    document: str
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldEntry(Logged):
    """A legal hold was placed or released, H1, H2, …; `subject` is an artifact's id, or `scope:` and a scope."""

    action: str
    name: str
    subject: str
    reason: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionEntry(Logged):
    """An object was deleted under retention: its path, and the retention (ISO 8601) that each artifact had outlived."""

    path: str
    retention: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureEntry(Logged):
    """The records of a scope up to here were erased; their seals and leaves stay (ADR 10).

    `key` is the id of the data key that was destroyed, '' where there was none.
    """

    scope: str
    key: str
    artifacts: int
    reason: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyEntry(Logged):
    """Another key signs from here on; `public` is its PEM, `follows` the id of the key that vouches for it by its
    signature on the checkpoint of this entry.
    """

    keyid: str
    public: str
    follows: str
    reason: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustodyEntry(Logged):
    """A batch of the access log: the SHA-256 of its document, how many accesses, the first and the last instant."""

    document: str
    count: int
    first: str
    last: str


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


Known = (
    ArtifactEntry | VoidEntry | SamplingEntry | HoldEntry | DeletionEntry | ErasureEntry | KeyEntry | CustodyEntry
)
Entry = Known | UnknownEntry
KNOWN: dict[str, type[Known]] = {
    "artifact": ArtifactEntry, "void": VoidEntry, "sampling": SamplingEntry, "hold": HoldEntry,
    "deletion": DeletionEntry, "erasure": ErasureEntry, "key": KeyEntry, "custody": CustodyEntry,
}
TYPES: dict[type[Logged], str] = {cls: name for name, cls in KNOWN.items()}


def read_entry(data: bytes) -> Entry:
    """Return the entry of leaf data; one of an unknown type is an `UnknownEntry` (ADR 8).

    Raises `VerificationError` where it is none, or is of an unknown type and says `critical`.
    """
    try:
        entry = canonical.loads(data)
        kind, clock = entry.pop("type"), entry.pop("clock", None)
        entry["recorded_at"] = datetime.fromisoformat(entry["recorded_at"])
        entry["clock"] = datetime.fromisoformat(clock) if clock is not None else None
        return KNOWN[kind](**entry) if kind in KNOWN else _unknown(kind, entry, data)
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
