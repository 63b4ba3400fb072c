"""The convention for sizes by how often a control runs: a table that an organization may replace by its own."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from agent.errors import ConfigurationError, Place

FILE = "frequencies.csv"
CONVENTION = "a convention among auditors, not statistics; no standard sets these numbers"


@dataclass(frozen=True, slots=True)
class Frequency:
    """A row of the table: how often, how many times a year (None: many), and the items to test."""

    frequency: str
    population: int | None
    least: int
    most: int
    note: str


def frequencies(directories: Sequence[Path] = ()) -> tuple[tuple[Frequency, ...], str]:
    """Return the table and where it is from: the last `frequencies.csv` of the directories, else annexa's own."""
    own = next((one / FILE for one in reversed(directories) if (one / FILE).is_file()), None)
    try:
        text = own.read_text("utf-8-sig") if own else (files("mappings") / FILE).read_text("utf-8")
    except (OSError, UnicodeError) as error:
        raise ConfigurationError(f"{own} cannot be read: {error}") from error
    source = str(own) if own else "annexa's own table"
    return tuple(_row(row, Place(source, at)) for at, row in enumerate(csv.DictReader(text.splitlines()), 2)), source


def _row(row: dict[str, str], place: Place) -> Frequency:
    try:
        found = Frequency(row["frequency"].strip(), int(row["population"]) if row["population"].strip() else None,
                          int(row["least"]), int(row["most"]), (row.get("note") or "").strip())
    except (KeyError, ValueError, AttributeError) as error:
        raise ConfigurationError("a row needs frequency, population, least and most", place=place,
                                 advice="The last three are whole numbers; population may be empty") from error
    if not (found.frequency and 0 < found.least <= found.most):
        raise ConfigurationError("a row needs a name, and 0 < least <= most", place=place)
    return found


def chosen(name: str, table: Sequence[Frequency]) -> Frequency:
    """Return the row of that name; raises `ConfigurationError` where there is none."""
    found = next((one for one in table if one.frequency == name.lower()), None)
    if found is None:
        raise ConfigurationError(f"there is no frequency {name!r}",
                                 advice=f"There are {', '.join(one.frequency for one in table)}")
    return found
