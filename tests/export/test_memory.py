"""Memory stays flat however large a package is, measured in processes of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
CEILING = 260
"""Megabytes; the agent with its libraries takes some 150 of them."""


def packed(megabytes: int, folder: Path) -> dict[str, Any]:
    folder.mkdir()
    done = subprocess.run([sys.executable, "-m", "tests.bench.ours", "package", str(megabytes), str(folder)], cwd=ROOT,
                          capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.slow
def test_sixty_times_as_much_takes_no_more_memory(tmp_path: Path) -> None:
    small, large = packed(2, tmp_path / "small"), packed(128, tmp_path / "large")
    assert large["records"] > 50 * small["records"]
    assert large["peak_mb"] < CEILING
    assert large["peak_mb"] - small["peak_mb"] < 24
