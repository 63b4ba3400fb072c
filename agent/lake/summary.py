# ruff: noqa: S608 - it makes SQL: what persons wrote has passed the gate, names are quoted, values bound
"""What assess needs of one artifact: when its qualifying records happened (design section 4)."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb

from agent.lake.bench import ALONE, Bench
from agent.lake.connection import limited, literal, name, told
from agent.lake.gate import passed
from agent.lake.instants import Instants, decode, encode, needs_scan, qualifies_hash
from agent.lake.pieces import Piece
from agent.lake.stage import create, stage
from agent.model import KINDS, Requirement, Subjects, Times
from agent.model.times import instant

_BATCH = 2_000


def _rows(connection: duckdb.DuckDBPyConnection, sql: str, qualifies: str) -> Iterator[tuple[Any, ...]]:
    question = passed(connection, sql, ["records"], file="qualifies")
    with told(qualifies, "qualifies"):
        result = connection.execute(question.sql)
        while rows := result.fetchmany(_BATCH):
            yield from rows


def _where(requirement: Requirement) -> str:
    return f"(\n{requirement.qualifies.strip() or 'true'}\n)"


def _subjects_of_state(connection: duckdb.DuckDBPyConnection, piece: Piece, requirement: Requirement) -> Instants:
    assert requirement.subjects is not None
    column = name(requirement.subjects.column)
    where = f"{_where(requirement)} AND {column} IS NOT NULL"
    sql = f"SELECT DISTINCT {column}::VARCHAR FROM records WHERE {where} ORDER BY 1"
    at = Times.of((piece.collected_at,))
    return Instants(by_subject={str(row[0]): at for row in _rows(connection, sql, requirement.qualifies)})


def _of_events(connection: duckdb.DuckDBPyConnection, requirement: Requirement) -> Instants:
    subject = f"{name(requirement.subjects.column)}::VARCHAR" if requirement.subjects else "NULL"
    until = "epoch_us(valid_until)" if "valid_until" in KINDS[requirement.kind].columns else "NULL"
    where = f"{_where(requirement)} AND occurred_at IS NOT NULL"
    plain = subject == until == "NULL"
    columns = "epoch_us(occurred_at)" + ("" if plain else f", {subject}, {until}")
    sql = f"SELECT {columns} FROM records WHERE {where} ORDER BY {'1' if plain else '1, 2, 3'}"
    rows = _rows(connection, sql, requirement.qualifies)
    instants: array[int] = array("q")
    if plain:
        instants.extend(at for (at,) in rows)
        return Instants(Times(instants))
    subjects: dict[str, array[int]] = {}
    ends = []
    for at, who, end in rows:
        instants.append(at)
        if who is not None:
            subjects.setdefault(who, array("q")).append(at)
        if end is not None:
            ends.append((instant(at), instant(end)))
    return Instants(Times(instants), {who: Times(found) for who, found in subjects.items()}, tuple(ends))


@contextmanager
def opened(
    kind: str, pieces: Sequence[Piece], bench: Bench, *, often: bool = False
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a locked connection whose view `records` has the records of the pieces; the bench holds what is merged.

    `often`: more than one question will be asked, so the objects are read once, into a Parquet.
    """
    with bench.scratch() as made:
        staged, kept = stage(kind, pieces, made), made / "records.parquet"
        with bench.reading(staged, made, kept) as (connection, lying):
            create(connection, lying, "_base")
            everything = "SELECT * EXCLUDE (_rank) FROM _base"
            if often:
                with told("", "evidence"):
                    target = f"{literal(str(kept))} (FORMAT parquet, USE_TMP_FILE false)"
                    connection.execute(f"COPY ({everything}) TO {target}")
                everything = f"FROM read_parquet({literal(str(kept))})"
            connection.execute(f"CREATE TEMP VIEW records AS {everything}")
            yield connection


def summarise(piece: Piece, requirement: Requirement, *, bench: Bench = ALONE, seconds: float = 300) -> Instants:
    """Return the instants of the artifact's qualifying records, sorted, to the microsecond.

    A record without `occurred_at` has no instant. For a state kind each subject has the instant of collection.
    """
    (found,) = summaries(piece, [requirement], bench=bench, seconds=seconds)
    return found


def summaries(
    piece: Piece, requirements: Sequence[Requirement], *, bench: Bench = ALONE, seconds: float = 300
) -> list[Instants]:
    """Return what `summarise` returns for each of the requirements; the object is read once."""
    if not any(map(needs_scan, requirements)):
        return [Instants() for _ in requirements]
    with opened(piece.kind, [piece], bench, often=len(requirements) > 1) as connection, limited(connection, seconds):
        return [_summary(connection, piece, requirement) for requirement in requirements]


def _summary(connection: duckdb.DuckDBPyConnection, piece: Piece, requirement: Requirement) -> Instants:
    if not needs_scan(requirement):
        return Instants()
    if KINDS[requirement.kind].event:
        return _of_events(connection, requirement)
    return _subjects_of_state(connection, piece, requirement)


def population(pieces: Sequence[Piece], subjects: Subjects, *, bench: Bench = ALONE, seconds: float = 300
               ) -> tuple[str, ...]:
    """Return the sorted ids of the records that `subjects` chooses in the given artifacts of its kind."""
    where = subjects.where.strip() or "true"
    sql = f"SELECT DISTINCT id FROM records WHERE (\n{where}\n) ORDER BY 1"
    with opened(subjects.kind, pieces, bench) as connection, limited(connection, seconds):
        question = passed(connection, sql, ["records"], file="subjects")
        with told(where, "subjects"):
            return tuple(row[0] for row in connection.execute(question.sql).fetchall())


__all__ = [
    "Instants", "decode", "encode", "needs_scan", "population", "qualifies_hash", "summaries", "summarise",
]
