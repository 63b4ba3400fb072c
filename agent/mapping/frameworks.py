"""Frameworks, clauses and crosswalks as values, parsed from CSV text."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from agent.errors import ConfigurationError, Place

ISO_2022 = "iso27001-2022"
ISO_2013 = "iso27001-2013"
TITLES: dict[str, str] = {
    ISO_2022: "ISO/IEC 27001:2022, Annex A",
    ISO_2013: "ISO/IEC 27001:2013, Annex A",
    "nist-csf-2.0": "NIST Cybersecurity Framework 2.0",
    "nist-800-53-r5": "NIST SP 800-53 revision 5",
}
"""Every framework that can be named; those with a crosswalk and no list of controls are only pointed at."""


@dataclass(frozen=True, slots=True)
class Control:
    """One control of a framework: `group` is its theme (2022) or domain (2013)."""

    framework: str
    id: str
    title: str
    group: str


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause of 4-10 of the 2022 edition; `information` says what is to be documented.

    `mandatory`: yes, no or conditional. `clause_2013` is its number in the 2013 edition, '' for a new one.
    """

    id: str
    title: str
    information: str
    mandatory: str
    type: str
    clause_2013: str
    change: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Link:
    """That a control of one framework meets a control of another; `relation` says how."""

    source: str
    target: str
    relation: str


@dataclass(frozen=True, slots=True)
class Crosswalk:
    """The links from the controls of `source` to those of `target`."""

    source: str
    target: str
    links: tuple[Link, ...]

    def targets(self, control: str) -> tuple[Link, ...]:
        """Return the links of one control of the source."""
        return tuple(link for link in self.links if link.source == control)


def _rows(text: str, name: str, columns: tuple[str, ...]) -> Iterator[tuple[int, Mapping[str, str]]]:
    reader = csv.DictReader(text.splitlines())
    lacking = [column for column in columns if column not in (reader.fieldnames or ())]
    if lacking:
        raise ConfigurationError(f"column {lacking[0]!r} is lacking", place=Place(name, 1, 1),
                                 advice=f"The first line names the columns {', '.join(columns)}")
    for number, row in enumerate(reader, start=2):
        if any(row[column] is None for column in columns):
            raise ConfigurationError("this line has too few columns", place=Place(name, number, 1),
                                     advice=f"It needs {', '.join(columns)}")
        yield number, row


def parse_controls(text: str, name: str, framework: str) -> tuple[Control, ...]:
    """Return the controls in a CSV with the columns id, title and group; an id given twice is an error."""
    controls: dict[str, Control] = {}
    for number, row in _rows(text, name, ("id", "title", "group")):
        if row["id"] in controls:
            raise ConfigurationError(f"control {row['id']} is there twice", place=Place(name, number, 1))
        controls[row["id"]] = Control(framework, row["id"], row["title"], row["group"])
    return tuple(controls.values())


def parse_clauses(text: str, name: str) -> tuple[Clause, ...]:
    """Return the clauses in a CSV with the columns of `Clause` (and `clause_2013`, `change`, `evidence`)."""
    columns = ("id", "title", "information", "mandatory", "type", "clause_2013", "change", "evidence")
    return tuple(Clause(*(row[column] for column in columns)) for _, row in _rows(text, name, columns))


def parse_crosswalk(text: str, name: str, source: str, target: str) -> Crosswalk:
    """Return the crosswalk in a CSV with the columns source, target and relation."""
    rows = _rows(text, name, ("source", "target", "relation"))
    return Crosswalk(source, target, tuple(Link(row["source"], row["target"], row["relation"]) for _, row in rows))
