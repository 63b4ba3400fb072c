"""How tests call the command line: as a process, or in this one with its streams caught."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.cli import edge
from agent.cli.application import Options
from agent.cli.screen import Screen

ROOT = Path(__file__).parents[2]
PLAIN = Options(None, color=False, quiet=False, verbose=0)


@dataclass(frozen=True)
class Ended:
    status: int
    out: str
    err: str


def process(*argv: str, cwd: Path, stdin: str = "", **environ: str) -> Ended:
    """Run `annexa` as a process of its own."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-m", "agent.cli", *argv], cwd=cwd, input=stdin, capture_output=True, text=True,
        encoding="utf-8", timeout=120, check=False, env={**kept, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", **environ},
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def here(capfdbinary: pytest.CaptureFixture[bytes], *argv: str) -> Ended:
    """Run a command in this process."""
    status = edge.run(argv)
    out, err = capfdbinary.readouterr()
    return Ended(status, out.decode(), err.decode())


def screen(width: int, encoding: str = "utf-8") -> tuple[Screen, io.BytesIO]:
    """Return a screen of a width that is no terminal, and the bytes that are written to it."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, errors="strict", write_through=True)
    return Screen.of(PLAIN, stream, width), raw
