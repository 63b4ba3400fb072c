# ruff: noqa: S608 - it makes SQL: what persons wrote has passed the gate, names are quoted, values bound
"""The records of given artifacts as one relation of SQL, wherever they lie: object, merged file or Parquet."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from agent.canonical import document, timestamp
from agent.lake.connection import literal, name, told
from agent.lake.merge import merge, whole
from agent.lake.pieces import FACTS, SCRATCH, Part, Piece, beside
from agent.model import KINDS

DIRECT = 2
"""As many objects of one kind are read as they lie, proven before; more are merged first, proven on the way."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the records of one kind lie."""

    kind: str
    parts: tuple[Part, ...]

    @property
    def files(self) -> tuple[Path, ...]:
        """Return the files that a connection must be allowed to read."""
        return tuple(part.path for part in self.parts)

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """Return the artifacts, part by part."""
        return tuple(piece for part in self.parts for piece in part.pieces)


@contextmanager
def scratch(parent: Path | None = None) -> Iterator[Path]:
    """Yield a directory for merged files and spills that is gone afterwards."""
    if parent is not None:
        parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=parent) as made:
        yield Path(made).resolve()


def stage(
    kind: str, pieces: Sequence[Piece], room: Path, compacted: Sequence[Part] = (), *, label: str = ""
) -> Stage:
    """Return where the records of the pieces lie; more than `DIRECT` outside Parquet are merged into `room`.

    Encrypted ones always are: DuckDB reads files, and the scratch directory goes with the question.

    Each object is hashed before anything is asked of it; raises `VerificationError` where it is not what was sealed.
    """
    held = {piece.artifact for part in compacted for piece in part.pieces}
    loose = tuple(piece for piece in pieces if piece.artifact not in held)
    if len(loose) <= DIRECT and not any(piece.key for piece in loose):
        return Stage(kind, (*compacted, *(Part(whole(piece), (piece,)) for piece in loose)))
    target = room / f"{label or kind}.ndjson.zst"
    merge(loose, target)
    return Stage(kind, (*compacted, Part(target, loose, merged=True)))


def facts(connection: duckdb.DuckDBPyConnection, table: str, pieces: Sequence[Piece]) -> None:
    """Create the table of facts: a row an artifact, `at` its place in the order, `rank` its place in time."""
    order = sorted(range(len(pieces)), key=lambda i: (
        pieces[i].collected_at, pieces[i].recorded_at, pieces[i].artifact))
    rank = {at: place for place, at in enumerate(order)}
    rows = [
        {"at": at, "rank": rank[at], "collected_at": timestamp(piece.collected_at)}
        | {fact: getattr(piece, fact) for fact in FACTS if fact != "collected_at"}
        for at, piece in enumerate(pieces)
    ]
    shape = ['{"at": "INTEGER", "rank": "INTEGER"', *(f'"{fact}": "{sql}"' for fact, sql in FACTS.items())]
    connection.execute(
        f"CREATE TEMP TABLE {table} AS "
        f"SELECT unnest(from_json($1::VARCHAR, '[{', '.join(shape)}}}]'), recursive := true)",
        [document(rows).decode()],
    )


def _source(kind: str, part: Part, at: int, *, raw: bool) -> str:
    """Return SQL for the rows of one part: `record`, the place `at` of their piece and, where asked, `raw`."""
    fields = ", ".join(f"{name(column)} {sql}" for column, sql in KINDS[kind].columns.items())
    shape = f"record: 'STRUCT({fields})'"
    shape += (", raw: 'JSON'" if raw else "") + (", \"at\": 'INTEGER'" if part.merged else "")
    place = f'"at" + {at}' if part.merged else f"{at}"
    # The columns are told; without `sample_size` DuckDB would all the same parse 20,480 lines each time it opens one.
    return (
        f"SELECT record.*, {'raw, ' if raw else ''}{place} AS _at FROM read_json({literal(str(part.path))}, "
        f"format = 'newline_delimited', compression = 'zstd', sample_size = 1, columns = {{{shape}}})"
    )


def _compacted(kind: str, part: Part, facts: str) -> str:
    own = ", ".join(f"p.{name(column)}" for column in KINDS[kind].columns)
    return (
        f"SELECT {own}, f.at AS _at FROM read_parquet({literal(str(part.path))}) p "
        f"JOIN {facts} f ON f.artifact = p._artifact"
    )


def _empty(kind: str, *, raw: bool) -> str:
    own = ", ".join(f"NULL::{sql} AS {name(column)}" for column, sql in KINDS[kind].columns.items())
    return f"SELECT {own}, {'NULL::JSON AS raw, ' if raw else ''}0 AS _at WHERE false"


def create(connection: duckdb.DuckDBPyConnection, staged: Stage, view: str, *, raw: bool = False) -> None:
    """Create the view over the records with the facts beside them, and `_rank`, later collected being greater.

    `raw` takes the object's own lines; such a stage holds no Parquet.
    """
    about = name(f"_facts_{view}")
    facts(connection, about, staged.pieces)
    selects, at = [], 0
    for part in staged.parts:
        selects.append(_compacted(staged.kind, part, about) if part.parquet
                       else _source(staged.kind, part, at, raw=raw))
        at += len(part.pieces)
    union = " UNION ALL ".join(selects or [_empty(staged.kind, raw=raw)])
    own = [f"r.{name(column)}" for column in KINDS[staged.kind].columns] + (["r.raw"] if raw else [])
    facts_of = [f"f.{fact} AS {alias}" for fact, alias in beside(staged.kind).items()]
    view_sql = (
        f"CREATE TEMP VIEW {name(view)} AS SELECT {', '.join(own + facts_of)}, f.rank AS _rank "
        f"FROM ({union}) r JOIN {about} f ON f.at = r._at"
    )
    with told("", "evidence"):  # DuckDB opens the files already here
        connection.execute(view_sql)
