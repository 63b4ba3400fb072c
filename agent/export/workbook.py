"""`controls.xlsx`: sheets to filter and fill in, typed cells, no cell a formula, the same bytes each time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from agent import canonical
from agent.evidence.report import ControlStatus, Holding
from agent.evidence.why import unowed
from agent.export.contents import Contents, Sample
from agent.lake.output import cell

ROWS = 1_048_575
"""Rows below the header that a sheet holds; what is more goes to a further sheet."""
LONGEST = 32_767
RESULTS = ["pass", "deviation", "not applicable"]
_RUNS = ("=", "+", "-", "@", "\t", "\r")
_WIDE, _NARROW, _TIME = 44, 16, 20
_EPOCH = datetime(1980, 1, 1)  # noqa: DTZ001 - a spreadsheet's times have no zone

CONTROLS = ("control", "title", "theme", "freshness", "coverage", "conclusion", "assigned", "applicable")
REQUIREMENTS = (
    "control or clause", "role", "requirement", "title", "scope", "boundary", "boundary name", "owner", "freshness",
    "coverage", "conclusion", "evidence time (UTC)", "stale at (UTC)", "artifact", "reason",
)
PERIODS = ("requirement", "scope", "boundary", "from (UTC)", "to (UTC)", "state")
CHECKS = ("requirement", "scope", "boundary", "check", "title", "state", "records", "exceptions", "closed", "reason",
          "exception")
EVIDENCE = (
    "artifact", "leaf", "requirements", "collector", "kind", "scope", "boundary", "region", "outcome", "records",
    "lacking", "collected at (UTC)", "recorded at (UTC)", "window from (UTC)", "window to (UTC)", "anchored at (UTC)",
    "voided at (UTC)", "void reason", "error", "records file", "records erased",
)
SAMPLES = ("sample", "item", "id", "scope", "artifact", "line", "record", "recorded result", "recorded note", "tester",
           "your result", "your note", "your name", "your date")


class Sheets:
    """A workbook that writes each row as it comes."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
        self._head = book.add_format({"bold": True, "bottom": 1, "bg_color": "#E8EDF3", "valign": "top"})
        self._time = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._quoted = book.add_format({"quote_prefix": True})
        self._blank = book.add_format({"bg_color": "#FFF9DB", "border": 4})

    def add(self, name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], empty: int = 0) -> None:
        """Add a sheet with a frozen, filtered header; the last `empty` columns are for the auditor to fill in."""
        source, number, more = iter(rows), 1, True
        while more:
            sheet = self._begin(name if number == 1 else f"{name} {number}", columns)
            at = 0
            more = False
            for row in source:
                at += 1
                self._row(sheet, at, row, empty)
                if at == ROWS:
                    more = True
                    break
            sheet.autofilter(0, 0, at, len(columns) - 1)
            if empty and at:
                first = len(columns) - empty
                sheet.data_validation(1, first, at, first, {"validate": "list", "source": RESULTS})
            number += 1

    def _begin(self, name: str, columns: Sequence[str]) -> Worksheet:
        sheet = self._book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        for at, column in enumerate(columns):
            wide = column in ("title", "reason", "record", "exception", "error", "recorded note", "your note")
            sheet.set_column(at, at, _WIDE if wide else _TIME if column.endswith("(UTC)") else _NARROW)
            sheet.write_string(0, at, column, self._head)
        return sheet

    def _row(self, sheet: Worksheet, at: int, row: Sequence[Any], empty: int) -> None:
        for column, value in enumerate(row):
            if isinstance(value, bool):
                sheet.write_boolean(at, column, value)
            elif isinstance(value, datetime):
                sheet.write_datetime(at, column, _plain(value), self._time)
            elif isinstance(value, (int, float)):
                sheet.write_number(at, column, value)
            elif value not in (None, ""):
                self._text(sheet, at, column, cell(value))
        for column in range(len(row), len(row) + empty):
            sheet.write_blank(at, column, None, self._blank)

    def _text(self, sheet: Worksheet, at: int, column: int, text: str) -> None:
        """Write text as text; one that would be a formula if it were typed again stays quoted even then."""
        quoted: Format | None = self._quoted if text.startswith(_RUNS) else None
        sheet.write_string(at, column, text[:LONGEST], quoted)


def _plain(value: datetime) -> datetime:
    return value.astimezone(UTC).replace(tzinfo=None, microsecond=0)


def write_workbook(
    target: Path, contents: Contents, facts: Iterable[Mapping[str, Any]], title: str
) -> None:
    """Write the workbook to a file; scratch files lie beside it."""
    options = {
        "constant_memory": True, "tmpdir": str(target.parent), "strings_to_formulas": False,
        "strings_to_urls": False, "strings_to_numbers": False, "in_memory": False,
    }
    holdings = contents.holdings()
    with closing(xlsxwriter.Workbook(str(target), options)) as book:
        book.set_properties({"title": title, "created": _EPOCH})
        book.use_zip64()
        sheets = Sheets(book)
        sheets.add("controls", CONTROLS, map(_control, contents.status.controls))
        sheets.add("requirements", REQUIREMENTS, _requirements(contents))
        sheets.add("evidence", EVIDENCE, map(_run, facts))
        sheets.add("periods", PERIODS, _periods(holdings))
        sheets.add("checks", CHECKS, _checks(holdings))
        sheets.add("samples", SAMPLES, _items(contents.samples), empty=4)


def _control(one: ControlStatus) -> list[Any]:
    return [one.id, one.title, one.theme, one.freshness, _covered(one.coverage, one.primary), one.conclusion,
            not one.unassigned, not one.not_applicable]


def _covered(state: str | None, holdings: Sequence[Holding]) -> str | None:
    """Return coverage, or why it says nothing: what owed no period is not called complete."""
    return (unowed(holdings) or state) if state else None


def _requirements(contents: Contents) -> Iterator[list[Any]]:
    for control in contents.status.controls:
        for role, holdings in (("primary", control.primary), ("supporting", control.supporting)):
            yield from (_holding(control.id, role, one) for one in holdings)
    for one in contents.clauses:
        yield _holding(", ".join(one.requirement.clauses), "clause", one)


def _holding(control: str, role: str, one: Holding) -> list[Any]:
    fresh = one.freshness
    return [
        control, role, one.requirement.id, one.requirement.title, one.scope, one.boundary, one.boundary_name, one.owner,
        fresh.state, _covered(one.coverage.state, [one]), one.conclusion.state, fresh.evidence_time, fresh.stale_at,
        fresh.artifact, fresh.reason or one.conclusion.reason,
    ]


def _periods(holdings: Iterable[Holding]) -> Iterator[list[Any]]:
    for one in holdings:
        for period in one.coverage.periods:
            yield [one.requirement.id, one.scope, one.boundary, period.start, period.end, period.state]


def _checks(holdings: Iterable[Holding]) -> Iterator[list[Any]]:
    for one in holdings:
        for check in one.conclusion.checks:
            facts = [one.requirement.id, one.scope, one.boundary, check.check, check.title, check.state, check.records,
                     check.count, check.closed, check.reason]
            yield from ([*facts, canonical.document(row).decode()] for row in check.exceptions)
            if not check.exceptions:
                yield [*facts, ""]


def _run(fact: Mapping[str, Any]) -> list[Any]:
    def at(name: str) -> datetime | None:
        return datetime.fromisoformat(fact[name]) if fact[name] else None

    erased = fact["erased"]
    return [
        fact["artifact"], fact["leaf"], ", ".join(fact["requirements"]), fact["collector"], fact["kind"],
        fact["scope"], fact["boundary"], fact["region"], fact["outcome"], fact["records"], fact["lacking"],
        at("collected_at"), at("recorded_at"), at("window_from"), at("window_to"), at("anchored_at"), at("voided_at"),
        fact["void_reason"], fact["error"], "" if erased else f"records/{fact['kind']}/{fact['object']}.csv",
        f"{erased['at']} by {erased['by']}: {erased['reason']}" if erased else "",
    ]


def _items(samples: Sequence[Sample]) -> Iterator[list[Any]]:
    for sample in samples:
        for item in sample.contents:
            yield [sample.name, item["number"], item["id"], item["scope"], item["artifact"], item["line"],
                   canonical.document(item["record"]).decode(), item["result"], item["note"], item["tester"]]
