"""The SQL of `qualifies`, `checks` and `subjects`, bound and run in a locked DuckDB in memory.

This is computation, not reach: the database has no file, external access is disabled and the
configuration locked before any text of a mapping is seen. A text may read the one table
`records` with the columns of its kind, and the parameter `$as_of` (TIMESTAMPTZ); it sees no
clock, so functions that are not a function of their arguments are refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from types import TracebackType
from typing import Any, Self

import duckdb

from agent.canonical import loads
from agent.model import KINDS

AS_OF = "as_of"
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
_CLOCKS = frozenset({"now", "today", "current_date", "current_time", "current_timestamp", "localtime",
                     "localtimestamp", "get_current_timestamp", "transaction_timestamp", "getvariable"})
_THROUGH = frozenset({"PROJECTION", "FILTER", "ORDER_BY", "TOP_N"})

VALUES: dict[tuple[str, str], frozenset[str]] = {
    ("account", "type"): frozenset({"human", "service", "root", "guest", "role"}),
    ("access_review", "decision"): frozenset({"approved", "denied", "unknown", "not_reviewed"}),
    ("access_review", "outcome"): frozenset({"completed", "in_progress", "not_started"}),
    ("backup", "outcome"): frozenset({"completed", "failed", "aborted", "running", "partial", "expired"}),
    ("backup_test", "outcome"): frozenset({"completed", "failed", "aborted", "running", "partial"}),
    ("finding", "severity"): frozenset({"critical", "high", "medium", "low", "informational"}),
    ("finding", "state"): frozenset({"open", "resolved", "suppressed"}),
}
"""The words that a column of a kind may hold, where the kind fixes them (agent.model.kinds)."""


class SqlError(ValueError):
    """A text that does not parse or bind, in one line."""


BESIDE = {
    "scope": "VARCHAR", "boundary": "VARCHAR", "collector": "VARCHAR", "artifact": "VARCHAR",
    "collected_at": "TIMESTAMPTZ",
}
"""What stands beside the columns of every kind: the artifact that a record comes from, and when it was collected."""


def columns_of(kind: str) -> dict[str, str]:
    """Return the columns that a check of the kind sees, with their types."""
    return KINDS[kind].columns | BESIDE


def table(kind: str) -> str:
    """Return the statement that makes an empty `records` with the columns that a check sees."""
    columns = ", ".join(f'"{name}" {type_}' for name, type_ in columns_of(kind).items())
    return f"CREATE TABLE records ({columns})"


def selection(qualifies: str) -> str:
    """Return the SELECT of the records that qualify; an empty `qualifies` takes all."""
    if not qualifies.strip():
        return "SELECT * FROM records"
    return f"SELECT * FROM records WHERE (\n{qualifies}\n)"  # noqa: S608 - it is the mapping that is SQL; locked


def locked() -> duckdb.DuckDBPyConnection:
    """Return a connection in memory, in UTC, that can reach no file and whose configuration is locked."""
    connection = duckdb.connect(":memory:", config={"threads": 1, "memory_limit": "512MB"})
    # Without statistics the plan of an empty table is that of any table: what is empty then is empty always.
    connection.execute("SET disabled_optimizers = 'statistics_propagation'")
    connection.execute("SET TimeZone = 'UTC'; SET enable_external_access = false; SET lock_configuration = true")
    return connection


def qualify(kind: str, qualifies: str, records: Sequence[Mapping[str, Any]]) -> list[bool]:
    """Return whether each record qualifies; times may be text. Raises `SqlError` where the text does not bind."""
    with Bench(kind) as bench:
        bench.load(records)
        return bench.qualifying(qualifies)


class Bench:
    """A locked database with the `records` of one kind: binds texts, and runs them over rows."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._db = locked()
        self._db.execute(table(kind))

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close the database."""
        self._db.close()

    def load(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add records given as column -> value; a column left out is null."""
        columns = columns_of(self.kind)
        marks = ", ".join("?" for _ in columns)
        for row in rows:
            unknown = sorted(set(row) - set(columns))
            if unknown:
                raise SqlError(f"kind {self.kind} has no column {unknown[0]!r}")
            self._db.execute(f"INSERT INTO records VALUES ({marks})", [row.get(name) for name in columns])  # noqa: S608 - question marks only

    def qualifying(self, qualifies: str) -> list[bool]:
        """Return for each loaded record, in order, whether it qualifies; an empty text takes all."""
        clause = qualifies.strip() or "true"
        asked = f"SELECT coalesce((\n{clause}\n), false) FROM records ORDER BY rowid"  # noqa: S608 - as above
        return [bool(row[0]) for row in self._fetch(asked)]

    def rows(self, sql: str, as_of: datetime | None = None) -> list[dict[str, Any]]:
        """Return what a SELECT answers, one dict a row with times as text; raises `SqlError` where it does not bind."""
        # Through JSON: DuckDB hands out TIMESTAMPTZ as Python values only where pytz is installed.
        wrapped = f"SELECT to_json(answer) FROM (\n{sql}\n) AS answer"  # noqa: S608 - the mapping is SQL; locked
        return [loads(row[0]) for row in self._fetch(wrapped, as_of)]

    def _fetch(self, sql: str, as_of: datetime | None = None) -> list[Any]:
        try:
            bound = {AS_OF: as_of or _EPOCH} if wants_as_of(sql) else None
            return self._db.execute(sql, bound).fetchall()
        except duckdb.Error as error:
            raise SqlError(line(error)) from error

    def columns(self, sql: str) -> list[str]:
        """Return the names of the columns that a SELECT answers, without running it."""
        return [row[0] for row in self._fetch(f"DESCRIBE {sql}")]

    def never(self, sql: str) -> bool:
        """Return whether the SELECT can answer no row whatever the records are (a constant false)."""
        plan = self._fetch(f"EXPLAIN (FORMAT json) {sql}")[0][1]
        node = json.loads(plan)[0]
        while _name(node) in _THROUGH and len(node["children"]) == 1:
            node = node["children"][0]
        return _name(node) == "EMPTY_RESULT"

    def clocks(self, sql: str) -> list[str]:
        """Return the functions in it that do not depend on their arguments alone: clocks and chance."""
        names = sorted(self.functions(sql) | (self.references(sql) & _CLOCKS))
        return [name for name in names if name in _CLOCKS or name in self._unsteady]

    @cached_property
    def _unsteady(self) -> frozenset[str]:
        rows = self._fetch("SELECT DISTINCT function_name FROM duckdb_functions() WHERE stability IN "
                           "('VOLATILE', 'CONSISTENT_WITHIN_QUERY')")
        return frozenset(row[0] for row in rows)

    def functions(self, sql: str) -> set[str]:
        """Return the names of the functions that the statement calls, in lower case."""
        return {str(node["function_name"]).lower() for node in self._nodes(sql) if node.get("class") == "FUNCTION"}

    def references(self, sql: str) -> set[str]:
        """Return every part of every column name in the statement, in lower case."""
        return {str(part).lower() for node in self._nodes(sql) if node.get("class") == "COLUMN_REF"
                for part in node["column_names"]}

    def literals(self, sql: str) -> Iterator[tuple[str, str]]:
        """Yield (column, text) wherever a column of a table is compared with, or sought among, literal texts."""
        nodes = list(self._nodes(sql))
        tables = {str(node["alias"] or node["table_name"]) for node in nodes if node.get("type") == "BASE_TABLE"}
        for node in nodes:
            if node.get("class") == "COMPARISON":
                sides = [node["left"], node["right"]]
            elif node.get("type") in {"COMPARE_IN", "COMPARE_NOT_IN"}:
                sides = node["children"]
            else:
                continue
            names = [str(path[-1]) for side in sides if side.get("class") == "COLUMN_REF"
                     if len(path := side["column_names"]) == 1 or path[0] in tables]
            texts = [text for side in sides if (text := _text(side)) is not None]
            yield from ((name, text) for name in names for text in texts)

    def _nodes(self, sql: str) -> Iterator[dict[str, Any]]:
        try:
            row = self._db.execute("SELECT json_serialize_sql(?)", [sql]).fetchone()
            tree = loads(row[0]) if row else {}
        except (duckdb.Error, ValueError) as error:
            raise SqlError("it is nested too deeply") from error
        yield from _walk(tree)


def _name(node: Mapping[str, Any]) -> str:
    return str(node["name"]).strip().upper().replace(" ", "_")


def line(error: Exception) -> str:
    """Return the first line of a DuckDB error without its class, candidates in brackets."""
    first, *rest = [part.strip() for part in str(error).splitlines() if part.strip()]
    hint = next((part for part in rest if part.startswith(("Candidate", "Did you mean"))), "")
    text = first.split("Error: ", 1)[-1].rstrip("!")
    return f"{text} ({hint})" if hint else text


def wants_as_of(sql: str) -> bool:
    """Return whether the statement names `$as_of`; raises `SqlError` for any other parameter."""
    names: set[str] = set().union(*(statement.named_parameters for statement in _statements(sql)))
    others = sorted(names - {AS_OF})
    if others:
        raise SqlError(f"the only parameter is ${AS_OF}, not ${others[0]}")
    return bool(names)


def _statements(sql: str) -> list[duckdb.Statement]:
    try:
        return duckdb.extract_statements(sql)
    except duckdb.Error as error:
        raise SqlError(line(error)) from error


def select(sql: str) -> None:
    """Raise `SqlError` unless the text is one SELECT."""
    statements = _statements(sql)
    if len(statements) != 1:
        raise SqlError(f"one SELECT is wanted, not {len(statements)} statements")
    if statements[0].type != duckdb.StatementType.SELECT:
        raise SqlError(f"a SELECT is wanted, not {statements[0].type.name}")


def expression(text: str) -> None:
    """Raise `SqlError` unless the text is one SQL expression."""
    try:
        duckdb.SQLExpression(text)
    except duckdb.Error as error:
        raise SqlError(line(error)) from error


def _walk(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            yield from _walk(child)


def _text(node: Mapping[str, Any]) -> str | None:
    if node.get("class") != "CONSTANT":
        return None
    literal = node.get("literal") or node.get("value") or {}
    kind = literal.get("kind") or (literal.get("type") or {}).get("id")
    value = literal.get("text", literal.get("value"))
    return str(value) if kind in {"STRING", "VARCHAR"} and value is not None else None
