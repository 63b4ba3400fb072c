"""A DuckDB connection that reaches nothing but the files it is given, and one line for what DuckDB says."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from agent.errors import ConfigurationError, Place, StoreError

_FIXED: dict[str, str | bool | int | float | list[str]] = {
    "python_enable_replacements": "false", "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false", "allow_unsigned_extensions": "false",
}
_DAMAGED = re.compile(r"^(?:Malformed JSON|JSON transform error) in file ")
_LINE = re.compile(r"\n+LINE (\d+): (.*)\n( *)\^")


def literal(text: str) -> str:
    """Return the text as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def name(text: str) -> str:
    """Return the text as a quoted SQL identifier."""
    return '"' + text.replace('"', '""') + '"'


def _list(paths: Sequence[Path]) -> str:
    return "[" + ", ".join(literal(str(path.resolve())) for path in paths) + "]"


def connect(
    allowed: Sequence[Path], memory: str = "128MB", threads: int = 1, *, spill: Path | None = None
) -> duckdb.DuckDBPyConnection:
    """Return an in-memory database that may touch the allowed files and directories alone, its settings locked.

    `spill` is where sorts larger than `memory` go; None keeps them in memory, where they fail beyond it.
    """
    connection = duckdb.connect(":memory:", config=_FIXED | {"memory_limit": memory, "threads": str(threads)})
    directories = [path for path in allowed if path.is_dir()]
    files = [path for path in allowed if not path.is_dir()]
    for setting in (
        "SET GLOBAL TimeZone = 'UTC'",  # global, so that cursors have it as well
        f"SET temp_directory = {literal(str(spill.resolve()) if spill else '')}",
        f"SET allowed_directories = {_list(directories)}",
        f"SET allowed_paths = {_list(files)}",
        "SET enable_progress_bar = false",  # it would write between the rows on standard output
        "SET enable_progress_bar_print = false",
        "SET enable_external_access = false",
        "SET lock_configuration = true",
    ):
        connection.execute(setting)
    return connection


@contextmanager
def limited(connection: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[None]:
    """Interrupt what runs on the connection after so many seconds; it then ends as a `ConfigurationError`."""
    timer = threading.Timer(seconds, connection.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    except duckdb.InterruptException as error:
        raise ConfigurationError(
            f"the SQL ran longer than {seconds:g} seconds and was stopped",
            advice="Narrow it (scope, time, columns) or allow more time",
        ) from error
    finally:
        timer.cancel()
        timer.join()  # it holds the connection, which DuckDB complains of where the process ends first


def _place(message: str, sql: str, file: str) -> Place | None:
    """Return where DuckDB's caret points to in the SQL that the person wrote."""
    found = _LINE.search(message)
    if found is None:
        return Place(file)
    number, shown, blanks = int(found[1]), found[2], found[3]
    text = shown.removeprefix("...").removesuffix("...")
    caret = len(blanks) - len(f"LINE {number}: ") - (3 if shown.startswith("...") else 0)
    lines = list(enumerate(sql.splitlines(), start=1))
    hits = [(at, line) for at, line in lines if text and text in line]
    if not hits:
        return Place(file)
    at, line = next((hit for hit in hits if hit[0] == number), hits[0])
    return Place(file, at, line.index(text) + caret + 1)


@contextmanager
def told(sql: str, file: str = "SQL") -> Iterator[None]:
    """Raise what DuckDB says of the SQL within as `said` has it; an interrupt is for `limited` to say."""
    try:
        yield
    except duckdb.InterruptException:
        raise
    except duckdb.Error as error:
        raise said(error, sql, file) from error


def said(error: duckdb.Error, sql: str, file: str = "SQL") -> ConfigurationError | StoreError:
    """Return what DuckDB says of a person's SQL as one line with its place and the nearest name."""
    message = str(error)
    body = " ".join(_LINE.split(message)[0].split("\n\nLINE", maxsplit=1)[0].split())
    body = re.sub(r"^[A-Z][A-Za-z ]* Error: ", "", body)
    body, _, _ = body.partition(" Candidate functions:")
    body, _, _ = body.partition(" Possible solutions:")
    body, _, _ = body.partition(" Try setting ")
    if isinstance(error, duckdb.OutOfMemoryException):
        return StoreError("the SQL needs more memory than it may use", advice="Narrow it or aggregate first")
    if isinstance(error, duckdb.IOException) or _DAMAGED.search(body):
        return StoreError(f"evidence could not be read: {body}")
    return ConfigurationError(body.rstrip(". "), place=_place(message, sql, file))
