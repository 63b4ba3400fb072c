"""What the lake needs to know of an artifact: the facts that stand beside its records, and where its object lies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from agent.cipher import DataKey
from agent.model import KINDS, Outcome

FACTS = {
    "scope": "VARCHAR", "boundary": "VARCHAR", "region": "VARCHAR",
    "collector": "VARCHAR", "artifact": "VARCHAR", "collected_at": "TIMESTAMPTZ",
}
"""The columns that every view has beside those of its kind, with their DuckDB types."""


SCRATCH = "annexa-lake-"
"""What the names of the directories begin with that are there for a question alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One accepted artifact with the local file of its object; `digest` is the object's SHA-256 in hex."""

    artifact: str
    digest: str
    path: Path
    kind: str
    scope: str
    boundary: str = ""
    region: str = ""
    collector: str
    collected_at: datetime
    recorded_at: datetime
    outcome: Outcome = Outcome.SUCCEEDED
    fetch: Callable[[Path], None] | None = field(default=None, compare=False, repr=False)
    """Brings the object to `path`, where the store is not on this machine."""
    key: DataKey | None = field(default=None, compare=False, repr=False)
    """Opens the object, where it is encrypted: then the file holds ciphertext."""
    sealed: Callable[[], None] | None = field(default=None, compare=False, repr=False)
    """Raises `VerificationError` where the signed envelope says otherwise than this does; None before there is one."""

    def file(self) -> Path:
        """Return the local file of the object, fetched where it is not here yet; what it holds is not proven.

        Raises `VerificationError` where the envelope names another digest, path or run.
        """
        if self.sealed is not None:
            self.sealed()
        if self.fetch is not None and not self.path.exists():
            self.fetch(self.path)
        return self.path.resolve()


@dataclass(frozen=True, slots=True)
class Part:
    """One file with records: an object of one piece, a merged file of many, or a Parquet of many and others."""

    path: Path
    pieces: tuple[Piece, ...]
    merged: bool = False
    parquet: bool = False


def beside(kind: str) -> dict[str, str]:
    """Return the name that each fact has in the view of the kind.

    A fact whose name is a column of the kind (`asset.region`, told by the provider) gives way: `artifact_region`.
    """
    own = KINDS[kind].columns
    return {fact: f"artifact_{fact}" if fact in own else fact for fact in FACTS}


def columns(kind: str) -> dict[str, str]:
    """Return every column of the view of the kind with its DuckDB type, in order."""
    named = beside(kind)
    return KINDS[kind].columns | {named[fact]: sql for fact, sql in FACTS.items()}
