"""Evidence read in a process beside this one (ADR 4): its memory, its crashes and its endless SQL are not ours."""

from __future__ import annotations

import os
import pickle
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import structlog

from agent.errors import ConfigurationError
from agent.lake.desk import SECONDS, Asked, EndedError
from agent.lake.judged import Population
from agent.lake.pieces import SCRATCH, Piece
from agent.lake.wire import receive, send, unpack_checks, unpack_error
from agent.model import Requirement, Subjects
from agent.model.conclusions import CheckResult

log = structlog.get_logger("annexa.lake")

GRACE = 15.0
"""Seconds beyond its time that a question may take to be read and answered, before the process is ended."""
QUESTIONS = 500
"""Questions after which the process is replaced: what it has not given back goes with it."""
PEAK = 400 << 10
"""Kilobytes of memory at its peak after which it is replaced as well."""
IDLE = 300.0
"""Seconds without a question after which `rest` ends it."""
_BROKEN = (EOFError, OSError, ValueError, KeyError, TypeError)
"""What a process that ended, or answers nonsense, looks like from here."""
_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
"""What the process is told of the environment: nothing that could be a credential."""


class BesideDesk:
    """Asks one child process, started with the first question; safe to use from many threads."""

    def __init__(self, room: Path, seconds: float = SECONDS) -> None:
        self._room = room
        self._seconds = seconds
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None
        self._home: tempfile.TemporaryDirectory[str] | None = None
        self._asked = 0
        self._closed = False
        self._last = time.monotonic()
        self.peak = 0
        """Kilobytes that the largest of the processes took."""

    def summaries(self, piece: Piece, asked: Sequence[Asked]) -> list[bytes]:
        """Return the instants of the artifact for each that is asked, encoded."""
        return self._ask("summaries", _here(piece), list(asked))

    def population(self, pieces: Sequence[Piece], subjects: Subjects) -> tuple[str, ...]:
        """Return the sorted ids of the records that `subjects` chooses in the artifacts."""
        (ids,) = self._ask("population", [_here(piece) for piece in pieces], subjects)
        return tuple(map(str, orjson.loads(ids)))

    def checks(self, requirement: Requirement, population: Population) -> tuple[CheckResult, ...]:
        """Return what each check of the requirement finds."""
        compacted = {piece.artifact for part in population.compacted for piece in part.pieces}
        pieces = [_bare(one) if one.artifact in compacted else _here(one) for one in population.pieces]
        parts = [replace(part, pieces=tuple(map(_bare, part.pieces))) for part in population.compacted]
        (found,) = self._ask("checks", requirement, replace(population, pieces=pieces, compacted=parts))
        try:
            return unpack_checks(found)
        except (ValueError, KeyError, TypeError, ArithmeticError) as error:
            raise EndedError(f"the process that reads evidence answered nonsense: {error}") from error

    def compact(self, directory: Path, pieces: Sequence[Piece]) -> None:
        """Write the Parquet below the directory that holds these artifacts of one month."""
        self._ask("compact", directory, [_here(piece) for piece in pieces])

    def warm(self) -> None:
        """Start the process, so that the first question need not wait for it."""
        with self._lock:
            self._open()

    def rest(self) -> None:
        """End the process where nobody has asked for a while."""
        if self._lock.acquire(blocking=False):
            try:
                if time.monotonic() - self._last > IDLE:
                    self._end()
            finally:
                self._lock.release()

    def close(self) -> None:
        """End the process for good, also in the middle of a question."""
        self._closed = True
        process = self._process
        if process is not None and process.poll() is None:
            process.kill()
        with self._lock:
            self._end()

    def _ask(self, name: str, *given: Any) -> list[bytes]:
        """Return the parts of the answer; a question that the process did not survive is asked once more."""
        question = pickle.dumps((name, given))
        with self._lock:
            for _ in range(2):
                try:
                    what, parts = self._exchange(question)
                    break
                except TimeoutError:
                    self._end()
                    raise ConfigurationError(
                        f"the SQL ran longer than {self._seconds:g} seconds and was stopped",
                        advice="Narrow it (scope, time, columns) or allow more time",
                    ) from None
                except _BROKEN as error:
                    log.warning("the process that reads evidence ended", question=name, status=self._end(),
                                said=str(error))
            else:
                raise EndedError("the process that reads evidence ended twice over one question",
                                 advice="The log has its exit status; narrow the SQL where it was memory")
        if what == "error":
            raise unpack_error(parts[0])
        return parts

    def _exchange(self, question: bytes) -> tuple[str, list[bytes]]:
        line = self._open()
        line.settimeout(self._seconds + GRACE)
        send(line, question)
        head = orjson.loads(receive(line))
        what, peak = str(head["what"]), int(head["peak"])
        parts = [receive(line) for _ in range(head["parts"])]
        self._asked, self._last, self.peak = self._asked + 1, time.monotonic(), max(self.peak, peak)
        if self._asked >= QUESTIONS or peak > PEAK:
            self._end()
        return what, parts

    def _open(self) -> socket.socket:
        if self._closed:
            raise EOFError("the desk is closed")
        if self._line is None or self._process is None or self._process.poll() is not None:
            self._end()
            self._line, theirs = socket.socketpair()
            command = [sys.executable, "-m", "agent.lake.child", str(theirs.fileno()), str(self._own()),
                       f"{self._seconds}"]
            with theirs:
                # A session of its own: Ctrl-C in a terminal is for the agent, which then ends the process itself.
                self._process = subprocess.Popen(  # noqa: S603 this interpreter and a module of ours
                    command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL, start_new_session=True,
                    env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
                )
        return self._line

    def _own(self) -> str:
        """Return a directory for the process, which goes with it however it ends."""
        self._room.mkdir(parents=True, exist_ok=True)
        self._home = tempfile.TemporaryDirectory(prefix=SCRATCH, dir=self._room, ignore_cleanup_errors=True)
        return self._home.name

    def _end(self) -> int | None:
        """End the process, if there is one, and return its exit status."""
        process, line = self._process, self._line
        self._process = self._line = None
        self._asked = 0
        home, self._home = self._home, None
        if line is not None:
            line.close()
        if process is None:
            return None
        status = process.poll()
        if status is None:
            process.kill()
        ended = process.wait()
        if home is not None:
            home.cleanup()
        return ended if status is None else status


def _bare(piece: Piece) -> Piece:
    return replace(piece, fetch=None, sealed=None)


def _here(piece: Piece) -> Piece:
    """Return the piece with its object on this machine: the process beside has no way to the store.

    Here it is held to its envelope; the process beside hashes the object.
    """
    return replace(piece, path=piece.file(), fetch=None, sealed=None)
