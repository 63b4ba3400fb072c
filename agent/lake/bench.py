"""Where questions about records are worked on: a directory, and a database that is kept from one to the next.

To make a database takes DuckDB longer (12 ms) than most questions about one artifact. The kept one may touch
its own directory alone, where the files of a question appear as links and go with it; what a question makes is
temporary, so no other question sees it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import duckdb

from agent.lake.connection import connect
from agent.lake.pieces import Part
from agent.lake.stage import Stage, scratch

_BROKEN = (duckdb.FatalException, duckdb.InternalException)
"""After these DuckDB answers nothing more."""


class Bench:
    """The directory and the database of a desk; safe to use from many threads."""

    def __init__(self, parent: Path | None = None) -> None:
        self._parent = parent
        self._lock = threading.Lock()
        self._held = ExitStack()
        self._home: Path | None = None
        self._database: duckdb.DuckDBPyConnection | None = None

    def close(self) -> None:
        """Let go of the database and the directory; the next question makes them anew."""
        with self._lock:
            self._home, self._database = None, None
            self._held.close()

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Yield a directory for the files of one question."""
        with self._lock:
            if self._home is None:
                self._home = self._held.enter_context(scratch(self._parent))
            home = self._home
        with scratch(home) as made:
            yield made

    @contextmanager
    def reading(self, staged: Stage, made: Path, kept: Path) -> Iterator[tuple[duckdb.DuckDBPyConnection, Stage]]:
        """Yield a connection that may read the staged files and write `kept`, and where the files lie for it.

        Where the file system has no links, the connection is to a database made for this question.
        """
        linked = _linked(staged, made)
        if linked is None:
            with connect([*staged.files, kept], spill=made) as connection:
                yield connection, staged
            return
        connection = self._opened().cursor()
        try:
            yield connection, linked
        except _BROKEN:
            with self._lock:
                self._database = None
            raise
        finally:
            with suppress(duckdb.Error):
                connection.close()

    def _opened(self) -> duckdb.DuckDBPyConnection:
        with self._lock:
            if self._database is None:
                assert self._home is not None
                spill = self._held.enter_context(scratch(self._home))
                self._database = self._held.enter_context(connect([self._home], spill=spill))
            return self._database


ALONE = Bench()
"""For whoever brings none: below the system's directory for such, until the process ends."""


def _linked(staged: Stage, made: Path) -> Stage | None:
    """Return the stage with every file in the directory of the question; None where one cannot be linked."""
    parts: list[Part] = []
    try:
        for number, part in enumerate(staged.parts):
            if part.path.parent == made:
                parts.append(part)
                continue
            link = made / f"{number}-{part.path.name}"
            os.link(part.path.resolve(), link)
            parts.append(replace(part, path=link))
    except OSError:
        return None
    return replace(staged, parts=tuple(parts))
