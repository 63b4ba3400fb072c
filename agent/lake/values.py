# ruff: noqa: S608 - it makes SQL: what persons wrote has passed the gate, names are quoted, values bound
"""Rows of SQL as plain Python values: times are aware and in UTC, whatever they are nested in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import duckdb

from agent.lake.connection import name

_ZONED = "TIMESTAMP WITH TIME ZONE"
_QUOTED = re.compile(r'("(?:[^"]|"")*")')
_SPELLED = re.compile(r"^(?:INTERVAL|TIME WITH TIME ZONE|BIT|VARIANT|GEOMETRY.*|UNION.*)$")


@dataclass(frozen=True, slots=True)
class Shape:
    """The columns of an answer with their DuckDB types."""

    columns: tuple[str, ...]
    types: tuple[str, ...]


def shape(connection: duckdb.DuckDBPyConnection, sql: str, parameters: Mapping[str, Any] | None = None) -> Shape:
    """Return the columns and types that the SELECT would give; nothing is read."""
    # A line of its own keeps the columns of DuckDB's messages those of the person's SQL.
    rows = connection.execute(f"DESCRIBE\n{sql}", dict(parameters or {})).fetchall()
    return Shape(_unique([row[0] for row in rows]), tuple(row[1] for row in rows))


def _unzoned(sql_type: str) -> str:
    parts = _QUOTED.split(sql_type)
    return "".join(part if part.startswith('"') else part.replace(_ZONED, "TIMESTAMP") for part in parts)


def fetchable(sql: str, answer: Shape) -> str:
    """Return SQL with the same rows, its zoned times as plain ones in UTC: DuckDB would ask for pytz."""
    casts = []
    for at, sql_type in enumerate(answer.types):
        target = "VARCHAR" if _SPELLED.match(sql_type) else _unzoned(sql_type)
        casts.append(f"c{at}::{target}" if target != sql_type else f"c{at}")
    aliases = ", ".join(f"c{at}" for at in range(len(answer.types)))
    return f"SELECT {', '.join(casts)} FROM (\n{sql}\n) AS answer({aliases})"


def named(answer: Shape, sql: str) -> str:
    """Return SQL with the same rows under the answer's own column names."""
    outs = ", ".join(f"c{at} AS {name(column)}" for at, column in enumerate(answer.columns))
    aliases = ", ".join(f"c{at}" for at in range(len(answer.types)))
    return f"SELECT {outs} FROM (\n{sql}\n) AS answer({aliases})"


def _unique(columns: list[str]) -> tuple[str, ...]:
    """Return the names, the second `id` as `id_2`: JSON, Parquet and a reader need each once."""
    taken: set[str] = set()
    for at, column in enumerate(columns):
        unique, again = column, 1
        while unique.lower() in taken:
            again += 1
            unique = f"{column}_{again}"
        taken.add(unique.lower())
        columns[at] = unique
    return tuple(columns)


def _aware(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC)
    if isinstance(value, dict):
        return {_aware(key): _aware(held) for key, held in value.items()}
    if isinstance(value, (list, tuple)):
        return [_aware(held) for held in value]
    return value


def rows(result: duckdb.DuckDBPyConnection, answer: Shape, size: int) -> Iterator[list[tuple[Any, ...]]]:
    """Yield batches of rows of what `fetchable` made."""
    zoned = [at for at, sql_type in enumerate(answer.types) if _ZONED in sql_type]
    while batch := result.fetchmany(size):
        if not zoned:
            yield batch
            continue
        plain = []
        for row in batch:
            cells = list(row)
            for at in zoned:
                cells[at] = _aware(cells[at])
            plain.append(tuple(cells))
        yield plain
