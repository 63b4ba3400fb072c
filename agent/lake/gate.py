"""Which SQL of a person is let through: one SELECT over the evidence views, and no function that opens anything."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import duckdb

from agent.canonical import loads
from agent.errors import ConfigurationError, Place
from agent.lake.connection import said

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
TABLE_FUNCTIONS = frozenset({"unnest", "range", "generate_series", "json_each", "json_tree"})
"""The functions that may stand where a table stands; all others could open files or show settings."""


@dataclass(frozen=True, slots=True)
class Question:
    """SQL that passed the gate: its text without semicolon, the tables it names and its named parameters."""

    sql: str
    tables: frozenset[str]
    parameters: frozenset[str]


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    rest = [tree]
    while rest:
        node = rest.pop()
        if isinstance(node, dict):
            yield node
            rest.extend(node.values())
        elif isinstance(node, list):
            rest.extend(node)


def _tree(connection: duckdb.DuckDBPyConnection, sql: str, file: str) -> Any:
    row = connection.execute("SELECT json_serialize_sql($1::VARCHAR)", [sql]).fetchone()
    assert row is not None
    try:
        tree = loads(row[0])
    except ValueError as error:
        raise ConfigurationError("the SQL is nested too deeply", place=Place(file)) from error
    if tree["error"]:
        raise ConfigurationError(
            "only a SELECT can be asked here", place=Place(file), advice="Write one SELECT over the evidence kinds"
        )
    return tree


def _single(sql: str, file: str) -> duckdb.Statement:
    try:
        statements = duckdb.extract_statements(sql)
    except duckdb.Error as error:
        raise said(error, sql, file) from error
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise ConfigurationError(
            "only one SELECT can be asked here", place=Place(file), advice="Write one SELECT over the evidence kinds"
        )
    return statements[0]


def _known(table: str, tables: Collection[str], file: str) -> str:
    """Return the table's own spelling; raises `ConfigurationError` with the nearest one where there is none."""
    own = {known.lower(): known for known in tables}
    if table.lower() in own:
        return own[table.lower()]
    near = difflib.get_close_matches(table.lower(), own, n=1)
    raise ConfigurationError(
        f"there is no table {table!r}",
        place=Place(file),
        advice=f"Did you mean {own[near[0]]!r}?" if near else f"There are {', '.join(sorted(tables))}",
    )


def _ctes(node: dict[str, Any], file: str) -> Iterator[str]:
    for entry in node["map"] if isinstance(node.get("map"), list) else ():
        cte = str(entry["key"])
        if not _PLAIN.fullmatch(cte):  # a CTE may not take the name of a file or of a table of ours
            raise ConfigurationError(f"{cte!r} cannot be the name of a WITH query here", place=Place(file),
                                     advice="Use a letter, then letters, digits and underscores")
        yield cte.lower()


def _tables(nodes: list[dict[str, Any]], tables: Collection[str], file: str) -> Iterator[str]:
    ctes = {cte for node in nodes for cte in _ctes(node, file)}
    for node in nodes:
        if node.get("type") == "TABLE_FUNCTION":
            function = str(node["function"]["function_name"]).lower()
            if function not in TABLE_FUNCTIONS:
                raise ConfigurationError(f"the table function {function!r} is not available here", place=Place(file),
                                         advice="Ask the evidence kinds by their names")
        elif node.get("type") in {"BASE_TABLE", "SHOW_REF"} and node.get("table_name"):
            table = str(node["table_name"]).strip('"')
            if table.lower() not in ctes or table.lower() in tables:
                yield _known(table, tables, file)


def _bare(sql: str) -> str:
    """Return the one statement without the semicolon that ends it."""
    ends = [at for at, _ in duckdb.tokenize(sql) if sql.encode()[at:at + 1] == b";"]
    return sql.encode()[:ends[0]].decode() if ends else sql


def passed(
    connection: duckdb.DuckDBPyConnection, sql: str, tables: Collection[str], *, file: str = "SQL"
) -> Question:
    """Return the question where it is one SELECT over the tables; raises `ConfigurationError` where it is not."""
    statement = _single(sql, file)
    text = _bare(sql)
    nodes = list(_nodes(_tree(connection, text, file)))
    return Question(text, frozenset(_tables(nodes, tables, file)), frozenset(statement.named_parameters))
