# ruff: noqa: S608 - persons' SQL passes the gate, what is ours is quoted
"""Timelines of `annexa mapping test`: their file, and `qualifies` asked of a locked DuckDB."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import yaml

from agent.canonical import document
from agent.errors import ConfigurationError, Place
from agent.lake.connection import connect, literal, said
from agent.lake.gate import passed
from agent.model import KINDS


def cases(path: Path) -> list[Mapping[str, Any]]:
    """Return the cases of a file; raises `ConfigurationError` where it holds none."""
    try:
        found = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path} is not UTF-8 text") from error
    except yaml.YAMLError as error:
        raise _unread(path, error) from error
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found) or not found:
        raise ConfigurationError(f"{path} is no list of cases", advice="Each has a name, a requirement, artifacts and "
                                 "what is expected; docs/mapping.md has an example")
    return found


def _unread(path: Path, error: yaml.YAMLError) -> ConfigurationError:
    mark = getattr(error, "problem_mark", None)
    place = Place(str(path), mark.line + 1, mark.column + 1) if mark else Place(str(path))
    return ConfigurationError(f"this is no YAML: {getattr(error, 'problem', None) or 'it cannot be read'}",
                              place=place)


def qualifies(kind: str, sql: str, records: Sequence[Mapping[str, Any]]) -> list[bool]:
    """Return for each record whether the SQL holds, as it would over an artifact's records."""
    if kind not in KINDS:
        raise ConfigurationError(f"there is no evidence kind {kind!r}", advice=f"Known are {', '.join(KINDS)}")
    columns = KINDS[kind].columns
    shape = document([{"n": "INTEGER", **columns}]).decode()
    rows = document([{"n": at, **one} for at, one in enumerate(records)]).decode()
    with connect([]) as connection:
        try:
            connection.execute("CREATE TABLE records AS SELECT one.* FROM "
                               f"(SELECT unnest(from_json($1::VARCHAR, {literal(shape)})) AS one)", [rows])
            question = passed(connection, f"SELECT n FROM records WHERE (\n{sql or 'true'}\n)",
                              ["records"], file="qualifies")
            good = {row[0] for row in connection.execute(question.sql).fetchall()}
        except duckdb.Error as error:
            raise said(error, sql, "qualifies") from error
    return [at in good for at in range(len(records))]
