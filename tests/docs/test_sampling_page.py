"""The page on sampling is true: its ten lines of Python and its lines of shell repeat the draws of the vectors."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from agent.export.texts import text

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "sampling.md").read_text("utf-8")
VECTOR = json.loads((ROOT / "tests" / "vectors" / "sampling.json").read_text("utf-8"))


def block(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


@pytest.fixture
def records(tmp_path: Path) -> Path:
    # The vector's records have no floats and keys of ASCII: sorted JSON without blanks is canonical.
    file = tmp_path / "records.ndjson"
    file.write_text("".join(json.dumps(one, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n"
                            for one in VECTOR["records"]), "utf-8")
    return file


@pytest.mark.parametrize("selection", VECTOR["selections"], ids=lambda one: f"{one['seed']}-{one['n']}")
def test_plain_python_repeats_a_draw(records: Path, selection: dict[str, Any], tmp_path: Path) -> None:
    script = tmp_path / "repeat.py"
    script.write_text(block("python"), "utf-8")
    assert block("python") == text("repeat.py.txt")  # an audit package has the same
    assert len([line for line in block("python").splitlines() if line.strip()]) <= 13
    done = subprocess.run([sys.executable, "-I", str(script), str(records), selection["seed"], str(selection["n"])],
                          capture_output=True, text=True, check=True, encoding="utf-8")
    root, *items = done.stdout.splitlines()
    assert root == f"root {VECTOR['population_root']}"
    assert [line.split()[1] for line in items] == selection["ids"]


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="needs sha256sum")
def test_the_shell_repeats_a_draw(records: Path, tmp_path: Path) -> None:
    script = tmp_path / "repeat.sh"
    assert block("sh") == text("repeat.sh.txt")
    script.write_text(block("sh"), "utf-8")
    selection = VECTOR["selections"][1]
    done = subprocess.run(["bash", str(script), str(records), selection["seed"], str(selection["n"])],
                          capture_output=True, text=True, check=True)
    lines = records.read_text("utf-8").splitlines()
    import hashlib

    by_digest = {hashlib.sha256(line.encode()).hexdigest(): json.loads(line)["id"] for line in lines}
    assert [by_digest[digest] for digest in done.stdout.split()] == selection["ids"]
