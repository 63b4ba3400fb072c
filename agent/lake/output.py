"""An answer as lines of JSON, as CSV that no spreadsheet runs, or as cells of a table."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, TextIO

from agent.canonical import document, timestamp
from agent.lake.query import Result

_RUNS = ("=", "+", "-", "@", "\t", "\r")


def plain(value: Any) -> Any:
    """Return the value as JSON has it: times RFC 3339, what JSON cannot hold as text."""
    if isinstance(value, datetime):
        return timestamp(value)
    if isinstance(value, (date, time, timedelta)):
        return str(value)
    if isinstance(value, dict):
        return {str(plain(key)): plain(held) for key, held in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(held) for held in value]
    if value is None or isinstance(value, (bool, int, float, str, bytes)):
        return value
    return str(value)


def cell(value: Any) -> str:
    """Return the value as one line of text: nothing for null, JSON for what has parts."""
    simple = plain(value)
    if simple is None:
        return ""
    if isinstance(simple, bool):
        return "true" if simple else "false"
    if isinstance(simple, str):
        return simple
    return document(simple).decode().strip('"')


def harmless(value: Any) -> str:
    """Return the cell for CSV: text that a spreadsheet would run as a formula gets an apostrophe before it."""
    if type(value) is str:  # most cells
        return f"'{value}" if value.startswith(_RUNS) else value
    text = cell(value)
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return f"'{text}" if text.startswith(_RUNS) and not number else text


def table(result: Result, most: int) -> Iterator[list[str]]:
    """Yield the rows as cells, at most so many."""
    left = most
    for batch in result.batches:
        for row in batch[:left]:
            yield [cell(value) for value in row]
        left -= len(batch)
        if left <= 0:
            return


def objects(result: Result) -> Iterator[dict[str, Any]]:
    """Yield each row as an object of JSON."""
    for batch in result.batches:
        for row in batch:
            yield {column: plain(value) for column, value in zip(result.columns, row, strict=True)}


def write_json(result: Result, out: TextIO) -> int:
    """Write the rows as one JSON array, an object a line; return how many."""
    written = 0
    out.write("[")
    for row in objects(result):
        out.write((",\n" if written else "\n") + document(row).decode())
        written += 1
    out.write("\n]\n" if written else "]\n")
    return written


def write_csv(result: Result, out: TextIO) -> int:
    """Write a header and the rows as CSV (RFC 4180), cells that could run made harmless; return how many rows."""
    writer = csv.writer(out)
    writer.writerow([harmless(column) for column in result.columns])
    written = 0
    for batch in result.batches:
        writer.writerows([harmless(value) for value in row] for row in batch)
        written += len(batch)
    return written
