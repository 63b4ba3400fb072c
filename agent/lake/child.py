"""`python -m agent.lake.child FD ROOM SECONDS`: reads evidence for the agent that started it, until the line closes.

It has no credentials, no store and no network: the paths of objects come with each question.
"""

from __future__ import annotations

import os
import pickle
import resource
import socket
import sys
import threading
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import orjson

from agent.errors import AnnexaError
from agent.lake import checks, summary  # noqa: F401  loaded before the first question comes
from agent.lake.desk import OwnDesk
from agent.lake.wire import pack_checks, pack_error, receive, send

ADDRESSES = 3 << 30
"""Bytes of addresses that the process may take, whatever DuckDB or SQL asks for."""


def answer(desk: OwnDesk, name: str, given: tuple[Any, ...]) -> list[bytes]:
    """Return the messages of one answer: what it is, then its parts."""
    try:
        if name == "summaries":
            return [b"summaries", *desk.summaries(*given)]
        if name == "population":
            return [b"population", orjson.dumps(desk.population(*given))]
        if name == "compact":
            desk.compact(*given)
            return [b"compact"]
        return [b"checks", pack_checks(desk.checks(*given))]
    except AnnexaError as error:
        return [b"error", pack_error(error)]


def _listen(line: socket.socket, questions: SimpleQueue[bytes]) -> None:
    """Queue the questions; when the agent is gone, so is this process, whatever it is at."""
    while True:
        try:
            questions.put(receive(line))
        except (EOFError, OSError):
            os._exit(0)


def _peak() -> int:
    """Return the kilobytes that this process took at its peak; `getrusage` counts the agent's before `exec` as well."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main(argv: list[str]) -> None:
    """Answer questions until the line closes."""
    number, room, seconds = argv
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    desk, line = OwnDesk(Path(room), float(seconds)), socket.socket(fileno=int(number))
    questions: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_listen, args=[line, questions], daemon=True).start()
    while True:
        name, given = pickle.loads(questions.get())  # noqa: S301  from the agent that started this process
        found = answer(desk, name, given)
        send(line, orjson.dumps({"parts": len(found) - 1, "what": found[0].decode(), "peak": _peak()}))
        for part in found[1:]:
            send(line, part)


if __name__ == "__main__":
    main(sys.argv[1:])
