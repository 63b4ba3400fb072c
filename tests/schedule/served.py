"""`annexa serve` as a process of its own, its log lines read as they come."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.assembly.company import Company
from tests.cli.drive import ROOT

SECRET = "hunter2SecretAccessKey"


def environ(firm: Company) -> dict[str, str]:
    """Return the variables of a process of the agent: the company's, and nothing of ours."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, **firm.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "AWS_SECRET_ACCESS_KEY": SECRET}


@dataclass
class Served:
    """The running service."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    def events(self, name: str = "") -> list[dict[str, Any]]:
        """Return the log lines so far, or those of one event."""
        found = [json.loads(line) for line in list(self.lines) if line.startswith("{")]
        return [one for one in found if name in ("", one["event"])]

    def wait_for(self, name: str, count: int = 1, seconds: float = 30) -> list[dict[str, Any]]:
        """Wait until an event was logged so often."""
        self.until(lambda: len(self.events(name)) >= count, seconds)
        return self.events(name)

    def until(self, true: Callable[[], bool], seconds: float = 30) -> None:
        """Wait until something is true."""
        ends = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < ends, "".join(self.lines)
            time.sleep(0.02)

    @property
    def port(self) -> int:
        """Return the port of the two pages."""
        return int(self.wait_for("serving")[0]["port"])

    def get(self, path: str) -> tuple[int, str]:
        """Return status and body of a page."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def end(self, number: int = signal.SIGTERM, seconds: float = 30) -> int:
        """Send a signal, wait for the end and return the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        status = self.process.wait(seconds)
        self._reader.join(5)
        return status

    def _read(self) -> None:
        assert self.process.stderr is not None
        self.lines.extend(self.process.stderr)  # extend takes line by line as they come

    def start(self) -> None:
        """Begin to read the log."""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()


@contextmanager
def serving(firm: Company, *argv: str, **more: str) -> Iterator[Served]:
    """Run `annexa serve` on the company's configuration; killed at the end where it still runs."""
    config = firm.write()
    with subprocess.Popen(
        [sys.executable, "-m", "agent.cli", "serve", "--port", "0", "--config", str(config), *argv], cwd=firm.folder,
        env={**environ(firm), **more}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        text=True, encoding="utf-8",
    ) as process:
        served = Served(process)
        served.start()
        try:
            yield served
        finally:
            process.kill()
