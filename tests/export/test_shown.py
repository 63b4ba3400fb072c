"""What people open: the workbook by its XML, the page by a parser, both hostile cells included."""

from __future__ import annotations

import json
import re
import zipfile
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.export.conftest import HOSTILE, Office

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
SHEETS = ["controls", "requirements", "evidence", "periods", "checks", "samples"]


class Book:
    """A workbook read with the standard library alone."""

    def __init__(self, file: Path) -> None:
        with zipfile.ZipFile(file) as book:
            assert book.testzip() is None
            self.names = book.namelist()
            names = [str(sheet.get("name")) for sheet in ET.fromstring(book.read("xl/workbook.xml")).iter(f"{MAIN}sheet")]
            self.sheets = {name: ET.fromstring(book.read(f"xl/worksheets/sheet{at}.xml"))
                           for at, name in enumerate(names, 1)}
            self.styles = ET.fromstring(book.read("xl/styles.xml"))

    def rows(self, name: str) -> list[dict[str, ET.Element]]:
        return [{re.sub(r"\d", "", str(cell.get("r"))): cell for cell in row} for row in self.sheets[name].iter(f"{MAIN}row")]

    def quoted(self, cell: ET.Element) -> bool:
        formats = self.styles.find(f"{MAIN}cellXfs")
        assert formats is not None
        return formats[int(cell.get("s") or 0)].get("quotePrefix") == "1"


def text(cell: ET.Element) -> str:
    return "".join(cell.itertext())


@pytest.fixture
def book(folder: Path) -> Book:
    return Book(folder / "controls.xlsx")


def test_every_sheet_has_a_frozen_header_and_a_filter(book: Book) -> None:
    assert list(book.sheets) == SHEETS
    for sheet in book.sheets.values():
        pane = sheet.find(f".//{MAIN}pane")
        assert pane is not None
        assert (pane.get("ySplit"), pane.get("state")) == ("1", "frozen")
        assert sheet.find(f"{MAIN}autoFilter") is not None


def test_no_cell_is_a_formula_or_a_link_and_hostile_ones_are_quoted(book: Book) -> None:
    assert not [name for name in book.names if "externalLink" in name or "vba" in name.lower()]
    hostile = 0
    for name, sheet in book.sheets.items():
        assert not list(sheet.iter(f"{MAIN}f"))
        assert not list(sheet.iter(f"{MAIN}hyperlink"))
        for row in book.rows(name):
            for cell in row.values():
                if text(cell).startswith(("=", "+", "-", "@", "\t", "\r")) and cell.get("t") == "inlineStr":
                    assert book.quoted(cell)
                    hostile += 1
    assert hostile == 1  # the note of a result; titles stand within the JSON of a record


def test_cells_are_typed(book: Book) -> None:
    head, *runs = book.rows("evidence")
    columns = {text(cell): name for name, cell in head.items()}
    assert len(runs) == 9
    for row in runs:
        assert row[columns["leaf"]].get("t") in {None, "n"}
        at = float(text(row[columns["collected at (UTC)"]]))
        assert 46327 <= at < 46328  # 2026-11-01, counted from 1899-12-30
        assert row[columns["artifact"]].get("t") == "inlineStr"
    _head, *controls = book.rows("controls")
    assert len(controls) == 93
    assert {cell.get("t") for row in controls for cell in (row["G"], row["H"])} == {"b"}


def test_what_owed_no_period_is_not_called_complete(book: Book, folder: Path) -> None:
    empty = {"by freshness alone", "nothing owed yet"}
    _head, *controls = book.rows("controls")
    _head, *requirements = book.rows("requirements")
    told = json.loads((folder / "status.json").read_text("utf-8"))["controls"]
    owed = {one["id"]: one["owed"] for one in told if one["coverage"] == "complete"}
    shown = {text(row["A"]): text(row["E"]) for row in controls if "E" in row}
    assert {shown[name] for name, count in owed.items() if not count} <= empty
    assert "complete" not in {said for name, said in shown.items() if not owed.get(name)}
    with_periods = {text(row["A"]) for row in book.rows("periods")}
    assert not [row for row in requirements if text(row["J"]) == "complete" and text(row["C"]) not in with_periods]
    said = (folder / "index.html").read_text("utf-8")
    assert '<span class="other">by freshness alone</span>' in said
    row = next(line for line in said.splitlines() if 'id="c-5.10"' in line)
    assert "complete" not in row


def test_the_auditor_has_room_for_results(book: Book) -> None:
    head, *rows = book.rows("samples")
    names = [text(cell) for cell in head.values()]
    assert names[-4:] == ["your result", "your note", "your name", "your date"]
    assert len(rows) == 7
    column = list(head)[-4]
    assert all(text(row[column]) == "" for row in rows)
    (offered,) = book.sheets["samples"].iter(f"{MAIN}dataValidation")
    assert (offered.get("type"), offered.get("sqref")) == ("list", f"{column}2:{column}8")
    assert [text(row["H"]) for row in rows[:2]] == ["pass", "deviation"]


class Page(HTMLParser):
    """Collects what matters of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        if found.get("id"):
            self.ids.append(str(found["id"]))


@pytest.fixture
def page(folder: Path) -> Page:
    found = Page()
    found.feed((folder / "index.html").read_text("utf-8"))
    return found


def test_the_page_reaches_nothing_outside_and_runs_nothing(page: Page, folder: Path) -> None:
    assert not {tag for tag, _ in page.tags} & {"script", "link", "img", "iframe", "object", "form", "base"}
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on") or name == "style"]
    policy = next(one["content"] for tag, one in page.tags if tag == "meta" and "http-equiv" in one)
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"
    style = (folder / "index.html").read_text("utf-8").split("<style>")[1].split("</style>")[0]
    assert not re.search(r"url\(|@import|https?:", style)
    hrefs = [str(one["href"]) for tag, one in page.tags if tag == "a"]
    assert hrefs
    for href in hrefs:
        assert href[1:] in page.ids if href.startswith("#") else (folder / href).is_file(), href


def test_the_page_can_be_heard(page: Page) -> None:
    assert ("html", {"lang": "en"}) in page.tags
    assert len(page.ids) == len(set(page.ids))
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert sum(tag == "caption" for tag, _ in page.tags) == sum(tag == "table" for tag, _ in page.tags)
    assert all("scope" in one for tag, one in page.tags if tag == "th")


def test_hostile_words_stay_words(office: Office, folder: Path) -> None:
    said = (folder / "index.html").read_text("utf-8")
    assert "Example &amp; Söhne" in said
    assert "<Rules>" not in said
    assert not [title for title in HOSTILE if f'href="{title}' in said]
