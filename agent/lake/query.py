# ruff: noqa: S608 - it makes SQL: what persons wrote has passed the gate, names are quoted, values bound
"""Questions over evidence: one view an evidence kind, over the newest accepted artifacts (design section 3a)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import duckdb

from agent.errors import ConfigurationError, StoreError
from agent.lake.checks import once
from agent.lake.compact import Compacted
from agent.lake.connection import connect, limited, literal, name, told
from agent.lake.gate import Question, passed
from agent.lake.pieces import Piece
from agent.lake.stage import Stage, create, scratch, stage
from agent.lake.values import Shape, fetchable, named, rows, shape
from agent.model import KINDS

TABLES = tuple(sorted((*KINDS, *(f"{kind}_raw" for kind in KINDS))))
"""What can be asked: each kind, and each kind with `raw`, the item as the provider's SDK gave it, as JSON."""
_BATCH = 2_000
_PARQUET = "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 20000, USE_TMP_FILE false"


class Catalog(Protocol):
    """Where the lake learns which artifacts there are."""

    def pieces(self, kind: str, *, as_of: datetime | None, scope: str | None) -> Sequence[Piece]:
        """Return the accepted artifacts of the kind: recorded by `as_of` and not voided then."""


@dataclass(frozen=True, slots=True)
class Result:
    """The answer: its columns, their DuckDB types and its rows in batches, to be read once."""

    columns: tuple[str, ...]
    types: tuple[str, ...]
    batches: Iterator[list[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What goes with the SQL: the instant, the scope, all artifacts instead of the newest, named parameters.

    `proven`: of the objects alone; compacted Parquet is made of proven objects, but only its manifest vouches for it.
    """

    as_of: datetime | None = None
    scope: str | None = None
    everything: bool = False
    proven: bool = False
    parameters: Mapping[str, Any] = field(default_factory=dict)
    memory: str | None = None
    """Such as 512MB; None: as the lake has it."""
    seconds: float | None = None


def newest(pieces: Sequence[Piece]) -> list[Piece]:
    """Return the artifact collected last of each scope, collector, boundary and region."""
    found: dict[tuple[str, str, str, str], Piece] = {}
    for piece in sorted(pieces, key=lambda p: (p.collected_at, p.recorded_at, p.artifact)):
        found[piece.scope, piece.collector, piece.boundary, piece.region] = piece
    return list(found.values())


def _bound(question: Question, asked: Asked) -> dict[str, Any]:
    given = {"as_of": asked.as_of, **asked.parameters} if asked.as_of else dict(asked.parameters)
    if lacking := sorted(question.parameters - set(given)):
        raise ConfigurationError(f"the SQL names ${lacking[0]}, which has no value", advice="Give it as a parameter")
    return {key: value for key, value in given.items() if key in question.parameters}


@dataclass(frozen=True, slots=True)
class _Open:
    connection: duckdb.DuckDBPyConnection
    question: Question
    shape: Shape
    bound: dict[str, Any]


class Lake:
    """SQL over the artifacts of a catalog; `directory` holds scratch files, and Parquet unless `compacted` does."""

    def __init__(self, catalog: Catalog, directory: Path | None = None, *, compacted: Compacted | None = None,
                 memory: str = "512MB", threads: int = 2, seconds: float = 300) -> None:
        self._catalog = catalog
        self._directory = directory
        self._compacted = compacted or (Compacted(directory) if directory else None)
        self._limits = (memory, threads)
        self._seconds = seconds

    @contextmanager
    def query(self, sql: str, asked: Asked | None = None) -> Iterator[Result]:
        """Yield the answer to one SELECT; raises `ConfigurationError` where it is anything else or wrong."""
        with self._open(sql, asked or Asked()) as opened:
            with told(sql):
                found = opened.connection.execute(fetchable(opened.question.sql, opened.shape), opened.bound)
            batches = _lines(rows(found, opened.shape, _BATCH), sql)
            yield Result(opened.shape.columns, opened.shape.types, batches)

    def parquet(self, sql: str, target: Path, asked: Asked | None = None) -> int:
        """Write the answer to a Parquet file, replacing it only when it is complete; return the number of rows."""
        part = target.with_name(f".{target.name}.part")
        try:
            part.touch()
            with self._open(sql, asked or Asked(), part) as opened, told(sql):
                answer = named(opened.shape, opened.question.sql)
                copy = f"COPY ({answer}) TO {literal(str(part.resolve()))} ({_PARQUET})"
                written = opened.connection.execute(copy, opened.bound).fetchone()
            part.replace(target)
        except OSError as error:
            raise StoreError(f"{target} cannot be written: {error.strerror}") from error
        finally:
            part.unlink(missing_ok=True)
        return int(written[0]) if written else 0

    @contextmanager
    def _open(self, sql: str, asked: Asked, *files: Path) -> Iterator[_Open]:
        with scratch(self._directory) as room:
            with connect([]) as gate:
                question = passed(gate, sql, TABLES)
            bound = _bound(question, asked)
            stages = {table: self._stage(table, asked, room) for table in sorted(question.tables)}
            allowed = [*files, *(file for staged in stages.values() for file in staged.files)]
            memory, threads = self._limits
            with connect(allowed, asked.memory or memory, threads, spill=room) as connection:
                for table, staged in stages.items():
                    _view(connection, table, staged, asked)
                with limited(connection, asked.seconds or self._seconds):
                    with told(sql):
                        answer = shape(connection, question.sql, bound)
                    yield _Open(connection, question, answer, bound)

    def _stage(self, table: str, asked: Asked, room: Path) -> Stage:
        kind = table.removesuffix("_raw")
        pieces = self._catalog.pieces(kind, as_of=asked.as_of, scope=asked.scope)
        if not (KINDS[kind].event or asked.everything):
            pieces = newest(pieces)
        wanted = table == kind and not asked.proven
        compacted = self._compacted.parts(kind, pieces) if self._compacted and wanted else ()
        return stage(kind, pieces, room, compacted, label=table)


def _view(connection: duckdb.DuckDBPyConnection, table: str, staged: Stage, asked: Asked) -> None:
    base = f"_{table}"
    create(connection, staged, base, raw=table != staged.kind)
    plain = f"SELECT * EXCLUDE (_rank) FROM {name(base)}"
    dedupe = KINDS[staged.kind].event and not asked.everything
    connection.execute(f"CREATE VIEW {name(table)} AS {once(staged.kind, base) if dedupe else plain}")


def _lines(batches: Iterator[list[tuple[Any, ...]]], sql: str) -> Iterator[list[tuple[Any, ...]]]:
    """Yield the batches; what DuckDB finds only while reading (a cast that fails) is said like the rest."""
    with told(sql):
        yield from batches
