"""The place where answers are printed: its width, its signs, and whether it may have colours."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from agent.cli.application import Hung, Options

_PARTS, _FINER = re.compile(r"[^\s/:]*[\s/:]+|[^\s/:]+"), re.compile(r"[^.@_-]*[.@_-]+|[^.@_-]+")
READABLE = 14
"""The fewest cells in which a flexible column can be read."""
_BAD = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Signs:
    """What stands before a state, so that colour is never the only sign of it."""

    ok: str = "✓"
    warn: str = "!"
    bad: str = "✗"
    unknown: str = "?"
    none: str = "-"
    dot: str = "·"


ASCII = Signs(ok="+", bad="x", dot="|")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: a `flexible` one gives way where the width is short, the others hold.

    A `kept` one gives way too, but not below half the width: ids are best read on one line. A `whole` one
    is broken between words alone: where its longest word has no room beside the others, rows are shown one by one.
    """

    title: str
    flexible: bool = False
    kept: bool = False
    whole: bool = False
    right: bool = False


class _Console(Console):
    """A console whose reader may go away."""

    def on_broken_pipe(self) -> None:
        """Raise `Hung`; rich itself would end the process with the status of a finding."""
        raise Hung


@dataclass(frozen=True, slots=True)
class Screen:
    """A console with its signs; all text from outside goes through `plain`."""

    console: Console
    signs: Signs

    @classmethod
    def of(cls, options: Options, stream: IO[str] | None = None, width: int | None = None) -> Screen:
        """Return the screen on stdout, or another stream."""
        file = stream or sys.stdout
        console = _Console(
            file=file, width=width, markup=False, highlight=False, emoji=False, no_color=not options.color,
            color_system="auto" if options.color else None,
        )
        utf = (getattr(file, "encoding", None) or "").lower().replace("_", "-").startswith("utf")
        return cls(console, Signs() if utf else ASCII)

    @property
    def width(self) -> int:
        """Return the cells of one line."""
        return self.console.width

    def line(self, *parts: Text | str, style: str = "") -> None:
        """Print the parts one after the other, wrapped at the width."""
        self.show(_joined(parts, style))

    def indented(self, by: int, *parts: Text | str, style: str = "") -> None:
        """Print the parts with blanks before every line."""
        self.show(Padding(_joined(parts, style), (0, 0, 0, min(by, self.width // 4))))

    def hanging(self, label: Text | str, *parts: Text | str, by: int) -> None:
        """Print a label of `by` cells and beside it the parts, whose further lines stand below the first."""
        grid = Table.grid(padding=(0, 1, 0, 0))
        grid.add_column(width=min(by, self.width // 2), no_wrap=True, overflow="crop")
        grid.add_column(overflow="fold")
        grid.add_row(_cell(label), _joined(parts))
        self.show(grid)

    def flow(self, parts: Sequence[Text], by: int = 0, gap: int = 2) -> Text:
        """Return the parts side by side, broken between them where the width less `by` is full."""
        room, text, used = self.width - by - 1, Text(), 0
        for part in parts:
            if used and used + gap + part.cell_len > room:
                text.append("\n")
                used = 0
            elif used:
                text.append(" " * gap)
                used += gap
            text.append_text(part)
            used += part.cell_len
        return text

    def unbroken(self, text: Text, by: int = 0) -> Text:
        """Return the text with each word that the width less `by` cannot hold broken where its parts end."""
        room = max(self.width - by - 1, 1)
        if all(cell_len(word) <= room for word in text.plain.split()):
            return text
        return Text("\n".join(_lines(text.plain, room)))

    def heading(self, text: str) -> None:
        """Print a blank line and a heading."""
        self.console.print()
        self.line(Text(plain(text), style="bold"))

    def blank(self) -> None:
        """Print an empty line."""
        self.console.print()

    def show(self, renderable: RenderableType) -> None:
        """Print what rich can draw, without blanks at the ends of lines."""
        for segments in self.console.render_lines(renderable, pad=False):
            text = Text()
            for segment in segments:
                text.append(segment.text, segment.style)
            text.rstrip()
            self.console.print(text, soft_wrap=True)

    def table(self, columns: Sequence[Column], rows: Iterable[Sequence[Text | str | int | None]]) -> None:
        """Print rows below headings, within the width; row by row where the columns have no room side by side."""
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        cells = [[_cell(value) for value in row] for row in rows]
        longest = [max((row[at].cell_len for row in cells), default=0) for at in range(len(columns))]
        word = [max((_word(row[at]) for row in cells), default=0) for at in range(len(columns))]
        if cells and _least(columns, longest, word) > self.width:
            self._one_by_one(columns, cells)
            return
        for at, column in enumerate(columns):
            gives = column.flexible or column.kept or column.whole
            table.add_column(
                column.title, no_wrap=not gives, overflow="fold" if gives else "crop",
                justify="right" if column.right else "left",
                min_width=min(longest[at], self.width // 2) if column.kept else word[at] if column.whole else None,
            )
        for row in cells:
            table.add_row(*row)
        self.show(table)

    def _one_by_one(self, columns: Sequence[Column], cells: Sequence[Sequence[Text]]) -> None:
        by = min(max(len(column.title) for column in columns) + 3, self.width // 2)
        for row in cells:
            first = row[0].copy()
            first.stylize("bold")
            self.show(first)
            for column, cell in zip(columns[1:], row[1:], strict=True):
                if cell:
                    self.hanging(f"  {column.title}", cell, by=by)


def _lines(text: str, room: int) -> Iterator[str]:
    """Yield the lines of a text in which ids are broken only after a sign that divides them, where there is one."""
    pieces = [
        finer for piece in _PARTS.findall(text)
        for finer in ([piece] if cell_len(piece.rstrip()) <= room else _FINER.findall(piece))
    ]
    line = ""
    for piece in pieces:
        if line and cell_len(line + piece.rstrip()) > room:
            yield line.rstrip()
            line = ""
        line += piece
    yield line.rstrip()


def _word(cell: Text) -> int:
    """Return the cells of the longest word."""
    return max((cell_len(word) for word in cell.plain.split()), default=0)


def _least(columns: Sequence[Column], longest: Sequence[int], word: Sequence[int]) -> int:
    """Return the least width in which the columns can be read side by side."""
    cells = 2 * (len(columns) - 1)
    for column, length, unbroken in zip(columns, longest, word, strict=True):
        wanted = min(length, READABLE) if column.flexible else unbroken if column.whole else length
        cells += max(wanted, len(column.title))
    return cells


def _joined(parts: Iterable[Text | str], style: str = "") -> Text:
    text = Text(style=style)
    for part in parts:
        text.append_text(part if isinstance(part, Text) else Text(plain(part)))
    return text


def _cell(value: Text | str | int | None) -> Text:
    if isinstance(value, Text):
        return value
    return Text("" if value is None else f"{value:,}" if isinstance(value, int) else plain(value))


def plain(text: Any) -> str:
    """Return text on one line without anything that a terminal would obey: escapes, controls, bidirectional marks."""
    said = str(text)
    if said.isascii() and said.isprintable():
        return said
    return "".join(
        " " if char in "\n\r\t" else "\ufffd" if unicodedata.category(char) in _BAD else char for char in said
    )
