"""Where records are read: one place for all questions of `collect` and `serve`, in this process or beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from agent.errors import StoreError
from agent.lake.instants import encode, thin
from agent.lake.judged import Population
from agent.lake.pieces import Piece
from agent.model import Requirement, Subjects
from agent.model.conclusions import CheckResult

if TYPE_CHECKING:
    from agent.lake.bench import Bench

SECONDS = 300.0
"""The most that one question may take."""


class EndedError(StoreError):
    """The process that reads evidence did not live to answer a question, twice."""


class Asked(NamedTuple):
    """One summary that is wanted: of which requirement, and whether its instants are thinned."""

    requirement: Requirement
    thinned: bool = False


class Desk(Protocol):
    """Answers questions about records, one after the other."""

    def summaries(self, piece: Piece, asked: Sequence[Asked]) -> list[bytes]:
        """Return the instants of the artifact for each that is asked, encoded; the object is read once."""

    def population(self, pieces: Sequence[Piece], subjects: Subjects) -> tuple[str, ...]:
        """Return the sorted ids of the records that `subjects` chooses in the artifacts."""

    def checks(self, requirement: Requirement, population: Population) -> tuple[CheckResult, ...]:
        """Return what each check of the requirement finds."""

    def compact(self, directory: Path, pieces: Sequence[Piece]) -> None:
        """Write the Parquet below the directory that holds these artifacts of one month."""

    def warm(self) -> None:
        """Make ready for the first question."""

    def close(self) -> None:
        """Let go of what is held."""


class OwnDesk:
    """Reads in this process; DuckDB is loaded with the first question."""

    def __init__(self, room: Path | None, seconds: float = SECONDS) -> None:
        self._room = room
        self._kept: Bench | None = None
        self._seconds = seconds

    def summaries(self, piece: Piece, asked: Sequence[Asked]) -> list[bytes]:
        """Return the instants of the artifact for each that is asked, encoded."""
        from agent.lake.summary import summaries  # noqa: PLC0415 DuckDB

        found = summaries(piece, [one.requirement for one in asked], bench=self._bench, seconds=self._seconds)
        return [encode(thin(whole) if one.thinned else whole) for one, whole in zip(asked, found, strict=True)]

    def population(self, pieces: Sequence[Piece], subjects: Subjects) -> tuple[str, ...]:
        """Return the sorted ids of the records that `subjects` chooses in the artifacts."""
        from agent.lake.summary import population  # noqa: PLC0415 DuckDB

        return population(pieces, subjects, bench=self._bench, seconds=self._seconds)

    def checks(self, requirement: Requirement, population: Population) -> tuple[CheckResult, ...]:
        """Return what each check of the requirement finds."""
        from agent.lake.checks import run_checks  # noqa: PLC0415 DuckDB

        return run_checks(requirement, population, bench=self._bench, seconds=self._seconds)

    def compact(self, directory: Path, pieces: Sequence[Piece]) -> None:
        """Write the Parquet below the directory that holds these artifacts of one month."""
        from agent.lake.compact import Compacted  # noqa: PLC0415 DuckDB

        self.close()  # what the database of the questions holds is needed now
        Compacted(directory).compact(pieces)

    def warm(self) -> None:
        """Be ready."""

    def close(self) -> None:
        """Let go of the database and the directory of the questions."""
        if self._kept is not None:
            self._kept.close()

    @property
    def _bench(self) -> Bench:
        from agent.lake.bench import Bench  # noqa: PLC0415 DuckDB

        self._kept = self._kept or Bench(self._room)
        return self._kept
