"""Files that are there whole or not at all: write beside, sync, rename, sync the directory."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def sync_directory(path: Path) -> None:
    """Make the names in a directory last."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_directory(path: Path) -> None:
    """Make a directory and those above it, each made to last in the one above."""
    missing = []
    while not path.is_dir():
        missing.append(path)
        path = path.parent
    for one in reversed(missing):
        one.mkdir(exist_ok=True)
        sync_directory(one.parent)


def write_new(path: Path, data: bytes, *, mode: int = 0o644, beside: Path | None = None) -> None:
    """Put the bytes under the path, replacing what is there, in one step that lasts.

    `beside` is a directory of the same disk for the unfinished file; by default the path's own.
    """
    directory = beside or path.parent
    make_directory(path.parent)
    make_directory(directory)
    unfinished = directory / f".{path.name}.{secrets.token_hex(6)}"
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    sync_directory(path.parent)
