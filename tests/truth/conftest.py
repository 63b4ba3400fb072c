"""One collection of the served example estate for all tests here, also where several processes run them."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from agent.assembly import App
from agent.lake.query import Asked
from tests.lab.estate import Estate
from tests.truth import collecting


@dataclass
class Firm:
    """The estate, and what the agent answered of it; `app` reads the store that it filled."""

    folder: Path
    estate: Estate
    app: App

    def read(self, name: str) -> Any:
        """Return an answer that was written."""
        return json.loads((self.folder / f"{name}.json").read_bytes())

    @cached_property
    def runs(self) -> list[dict[str, Any]]:
        """Every run, as `annexa collect --json` prints it."""
        return list(self.read("runs"))

    @cached_property
    def units(self) -> dict[tuple[str, str], dict[str, Any]]:
        """What `annexa status --json` says of each requirement in each boundary."""
        controls = self.read("status")["controls"]
        return {(one["id"], one["boundary"]): one for control in controls for one in control["requirements"]}

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of one SELECT over the newest accepted artifacts."""
        with self.app.lake.query(sql, Asked(as_of=collecting.ANSWERED)) as found:
            return [row for batch in found.batches for row in batch]

    def account(self, name: str) -> str:
        """Return the number of an account."""
        return self.estate.account(name).id

    def outcomes(self, collector: str, account: str, region: str) -> set[str]:
        """Return how the runs of a collector ended in a place."""
        place = (collector, account, region)
        return {one["outcome"] for one in self.runs if (one["collector"], one["boundary"], one["region"]) == place}


@pytest.fixture(scope="session")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the collection; the first process that asks makes it, the others wait for it."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "truth"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert not (folder / "failed").exists(), "the collection failed before; its first test says why"
        if not (folder / "cost.json").exists():
            (folder / "failed").touch()
            run(folder)
            (folder / "failed").unlink()
    return folder


def run(folder: Path, *more: str) -> dict[str, Any]:
    """Collect in a process of its own, and return what it cost."""
    command = [sys.executable, "-m", "tests.truth.collecting", str(folder), *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=1200)
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(json.loads((folder / "cost.json").read_bytes()))


@pytest.fixture(scope="session")
def firm(collected: Path) -> Iterator[Firm]:
    config = str(collected / "annexa.yaml")
    with App.open(config, {"TMPDIR": str(collected)}, clock=lambda: collecting.ANSWERED) as app:
        yield Firm(collected, Estate.load(now=collecting.NOW), app)
