"""Where the trace of a defect goes: a file that the one line on stderr names."""

from __future__ import annotations

import os
import tempfile
import traceback
from datetime import UTC, datetime
from pathlib import Path

_FOLDERS: list[Path] = []


def prefer(folder: Path) -> None:
    """Let traces be written below this folder (the configuration's `data`) where it can be."""
    _FOLDERS[:] = [folder / "log"]


def keep(error: BaseException) -> str:
    """Write the trace to a file of its own, readable by its owner alone; return the line that says so."""
    text = "".join(traceback.format_exception(error))
    what = f"{type(error).__name__}: {error}".splitlines()[0][:200]
    where = write(text)
    said = f"this is a defect of annexa ({what})"
    return f"{said}. The trace is in {where}" if where else f"{said}. The trace could not be written anywhere"


def note(error: BaseException) -> str:
    """Write the trace to a file; return its path, or what went wrong where no file could be written."""
    where = write("".join(traceback.format_exception(error)))
    return str(where) if where else "not written"


def write(text: str) -> Path | None:
    """Return the file that the text was written to, None where no folder takes it."""
    name = f"annexa-{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}.log"
    for folder in (*_FOLDERS, Path(tempfile.gettempdir())):
        path = folder / name
        try:
            if folder.parent.is_dir():
                folder.mkdir(mode=0o700, exist_ok=True)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8",
                           errors="replace") as file:
                file.write(text)
        except OSError:
            continue
        return path
    return None
