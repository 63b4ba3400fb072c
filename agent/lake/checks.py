# ruff: noqa: S608 - it makes SQL: what persons wrote has passed the gate, names are quoted, values bound
"""Checks: SQL whose rows are exceptions, over the records that design section 6 says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from agent.canonical import timestamp
from agent.errors import ConfigurationError
from agent.lake.alternatives import alternatives, together
from agent.lake.bench import ALONE, Bench
from agent.lake.connection import limited, literal, name, told
from agent.lake.gate import passed
from agent.lake.judged import MOST, Population
from agent.lake.pieces import beside
from agent.lake.stage import create, stage
from agent.lake.values import fetchable, rows, shape
from agent.model import KINDS, Check, Conclusion, Requirement
from agent.model.conclusions import CheckResult


def once(kind: str, base: str) -> str:
    """Return SQL for the events of a view, each id of a scope once, as the artifact collected last has it."""
    scope = name(beside(kind)["scope"])
    return (
        f"SELECT * EXCLUDE (_rank) FROM {name(base)} QUALIFY row_number() OVER "
        f"(PARTITION BY {scope}, id ORDER BY _rank DESC, occurred_at DESC NULLS LAST) = 1"
    )


def _instant(moment: datetime) -> str:
    return f"{literal(timestamp(moment))}::TIMESTAMPTZ"


def inside(population: Population) -> str:
    """Return SQL for the records that lie in the period of the population; all, for a state kind."""
    if not KINDS[population.kind].event:
        return "true"
    span = population.span
    within = f"occurred_at >= {_instant(span.start)}"
    if population.kind == "finding":  # found before the period and open in it: a finding of the period too (ADR 3)
        within = f"({within} OR state = 'open')"
    return f"({within} AND occurred_at < {_instant(span.end)}) IS TRUE"


def _views(connection: duckdb.DuckDBPyConnection, population: Population, kept: Path) -> None:
    """Create `_all` (each record once) and `records` (those that a check sees).

    Events are deduplicated once, into a Parquet: each check would do it again, at ten times the cost.
    """
    everything = "SELECT * EXCLUDE (_rank) FROM _base"
    if KINDS[population.kind].event:
        file = literal(str(kept))
        with told("", "evidence"):
            events = once(population.kind, "_base")
            connection.execute(f"COPY ({events}) TO {file} (FORMAT parquet, USE_TMP_FILE false)")
        everything = f"FROM read_parquet({file})"
    connection.execute(f"CREATE TEMP VIEW _all AS {everything}")
    connection.execute(f"CREATE TEMP VIEW records AS FROM _all WHERE {inside(population)}")


@contextmanager
def populated(population: Population, bench: Bench, seconds: float) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a locked connection with the view `records` of the population."""
    with bench.scratch() as made:
        staged = stage(population.kind, population.pieces, made, population.compacted)
        kept = made / "events.parquet"
        with bench.reading(staged, made, kept) as (connection, lying), limited(connection, seconds):
            create(connection, lying, "_base")
            _views(connection, population, kept)
            yield connection


@dataclass(frozen=True, slots=True)
class _Measure:
    records: int
    undated: int
    nulls: dict[str, int]


def _measure(connection: duckdb.DuckDBPyConnection, population: Population, checks: Sequence[Check]) -> _Measure:
    """Return the size of the population and the nulls of each needed column, in one pass.

    A record without `occurred_at` lies in no period; a check that needs the time must know of it all the same.
    """
    within, event = inside(population), KINDS[population.kind].event
    needs = sorted({column for check in checks for column in check.needs})
    counts = [f"count(*) FILTER ({within})", "count(*) FILTER (occurred_at IS NULL)" if event else "0"]
    counts += [f"count(*) FILTER ({within} AND {name(column)} IS NULL)" for column in needs]
    with told("", "needs"):
        row = connection.execute(f"SELECT {', '.join(counts)} FROM _all").fetchone()
    assert row is not None
    nulls = dict(zip(needs, row[2:], strict=True))
    if "occurred_at" in nulls:
        nulls["occurred_at"] = row[1]
    return _Measure(row[0], row[1], nulls)


def _closable(connection: duckdb.DuckDBPyConnection, requirement: Requirement) -> str:
    """Return the column that names the subject of an event, or '' where nothing closes an exception."""
    if not requirement.qualifies.strip() or not KINDS[requirement.kind].event:
        return ""
    columns = [row[0] for row in connection.execute("DESCRIBE _exceptions").fetchall()]
    column = requirement.subjects.column if requirement.subjects else "resource"
    return column if "id" in columns and column in KINDS[requirement.kind].columns else ""


def _close(connection: duckdb.DuckDBPyConnection, requirement: Requirement, known: datetime) -> int:
    """Drop the exceptions that a later qualifying record of the same subject closes; return how many.

    The exception names its record by `id`. The subject is that record's `resource` (or the column
    of the requirement's subjects) within its boundary. The record that closes it occurred later,
    by `known`, also after the period's end, satisfies `qualifies`, and is no exception of the same
    check itself. A row without `id` (a sum, a group) and a record without subject or time stay open.
    """
    column = _closable(connection, requirement)
    if not column:
        return 0
    subject, boundary = name(column), name(beside(requirement.kind)["boundary"])
    good = f"(\n{requirement.qualifies.strip()}\n)"
    passed(connection, f"SELECT 1 FROM records WHERE {good}", ["records"], file="qualifies")
    sql = (
        f"DELETE FROM _exceptions WHERE id::VARCHAR IN (WITH good AS (SELECT {boundary} AS b, {subject} AS s, "
        f"max(occurred_at) AS last FROM _all WHERE {good} "
        f"AND occurred_at <= {_instant(known)} "
        "AND id NOT IN (SELECT id::VARCHAR FROM _exceptions WHERE id IS NOT NULL) GROUP BY ALL) "
        f"SELECT f.id FROM _all f JOIN good ON good.b = f.{boundary} AND good.s = f.{subject} "
        "WHERE good.last > f.occurred_at)"
    )
    with told(requirement.qualifies, "qualifies"):
        (closed,) = connection.execute(sql).fetchall()
    return int(closed[0])


def _kept(connection: duckdb.DuckDBPyConnection) -> tuple[tuple[dict[str, Any], ...], int]:
    row = connection.execute("SELECT count(*) FROM _exceptions").fetchone()
    assert row is not None
    answer = shape(connection, "SELECT * FROM _exceptions")
    # In an order of their own: the same evidence gives the same answer, however many threads read it.
    result = connection.execute(fetchable(f"SELECT * FROM _exceptions ORDER BY ALL LIMIT {MOST}", answer))
    kept = (dict(zip(answer.columns, cells, strict=True)) for batch in rows(result, answer, MOST) for cells in batch)
    return tuple(kept), row[0]


def _ask(connection: duckdb.DuckDBPyConnection, check: Check, as_of: datetime) -> None:
    """Fill `_exceptions` with the rows of the check."""
    question = passed(connection, check.exceptions, ["records"], file=f"check {check.id}")
    if question.parameters - {"as_of"}:
        raise ConfigurationError(f"check {check.id} names parameters that there are not",
                                 advice="The only one is $as_of")
    bound = {"as_of": as_of} if question.parameters else {}
    with told(check.exceptions, f"check {check.id}"):
        connection.execute(f"CREATE OR REPLACE TEMP TABLE _exceptions AS\n{question.sql}", bound)


def _result(
    connection: duckdb.DuckDBPyConnection, requirement: Requirement, check: Check, measure: _Measure,
    population: Population,
) -> CheckResult:
    if not measure.records and not check.empty_passes:
        return CheckResult(check=check.id, title=check.title, state=Conclusion.UNKNOWN, undated=measure.undated,
                           reason="there are no records to check")
    _ask(connection, check, population.seen)
    closed = _close(connection, requirement, population.known)
    kept, count = _kept(connection)
    nulls = [f"{column} is not told for {measure.nulls[column]} of {measure.records} records"
             for column in check.needs if measure.nulls[column]]
    found = Conclusion.DEFICIENT if count else Conclusion.NO_EXCEPTIONS
    return CheckResult(
        check=check.id, title=check.title, state=Conclusion.UNKNOWN if nulls else found, exceptions=kept, count=count,
        closed=closed, records=measure.records, undated=measure.undated, reason="; ".join(nulls),
    )


def run_checks(
    requirement: Requirement, population: Population, *, bench: Bench = ALONE, seconds: float = 300
) -> tuple[CheckResult, ...]:
    """Return what each check of the requirement finds; wrong SQL raises `ConfigurationError` with its place.

    Each collector of a state is judged by itself, for they show the same things; events are one population.
    """
    apart = {name: _run(requirement, one, bench, seconds) for name, one in alternatives(population).items()}
    return together(requirement.checks, apart)


def _run(
    requirement: Requirement, population: Population, bench: Bench, seconds: float
) -> tuple[CheckResult, ...]:
    with populated(population, bench, seconds) as connection:
        measure = _measure(connection, population, requirement.checks)
        return tuple(_result(connection, requirement, check, measure, population)
                     for check in requirement.checks)


__all__ = ["MOST", "Population", "once", "populated", "run_checks"]
