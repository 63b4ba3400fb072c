"""One artifact and the catalog of controls as they were at another instant."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli import drive
from tests.cli.drive import Ended

CONFIG = "organization: Example Ltd\ntimezone: Europe/Berlin\n"
OWN = """\
requirements:
  - id: gate-book
    title: The book of the gate
    controls: {primary: ["7.2"]}
    kind: document
    cadence: P1Y
    owner: site-owner
"""
Run = Callable[..., Ended]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    """Return a way to run commands on a store with one document."""
    (tmp_path / "annexa.yaml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    assert add(capfdbinary).status == 0
    return lambda *argv: drive.here(capfdbinary, *argv)


def add(caught: pytest.CaptureFixture[bytes]) -> Ended:
    return drive.here(caught, "evidence", "add", "security-policy", "--title", "Policy", "--approved", "2026-02-03")


def told(run: Run, *argv: str) -> Any:
    ended = run(*argv, "--json")
    assert (ended.status, ended.err) == (0, "")
    return json.loads(ended.out)


def recorded(run: Run) -> tuple[str, datetime]:
    (row,) = told(run, "evidence", "list")["artifacts"]
    return row["artifact"], datetime.fromisoformat(row["recorded_at"])


@pytest.mark.parametrize("command", ["show", "export"])
def test_what_was_not_recorded_by_then_is_said_so(run: Run, command: str) -> None:
    artifact, at = recorded(run)
    before = (at - timedelta(microseconds=1)).isoformat()
    refused = run("evidence", command, artifact, "--as-of", before)
    assert (refused.status, refused.out) == (3, "")
    assert f"{artifact} was not recorded yet at" in refused.err
    assert refused.err.count("\n") == 1
    assert not list(Path().glob("evidence-*"))
    assert "evidence list --as-of 2001-01-01" in run("evidence", command, artifact, "--as-of", "2001-01-01").err
    assert run("evidence", command, artifact, "--as-of", at.isoformat()).status == 0


def test_what_was_voided_later_was_not_void_then(run: Run) -> None:
    artifact, at = recorded(run)
    assert run("evidence", "void", artifact, "--reason", "the wrong file", "--by", "Ada").status == 0
    now, then = told(run, "evidence", "show", artifact), told(run, "evidence", "show", artifact, "--as-of", at.isoformat())
    assert datetime.fromisoformat(then["as_of"]) == at
    assert (now["void_reason"], then["void_reason"], then["voided_at"]) == ("the wrong file", None, None)
    assert "Voided later" in run("evidence", "show", artifact, "--as-of", at.isoformat()).out
    assert "Voided later" not in run("evidence", "show", artifact).out
    assert "voided" in run("evidence", "list").out
    assert "voided" not in run("evidence", "list", "--as-of", at.isoformat()).out


def test_controls_of_another_day_are_those_of_the_mapping_in_force(
    run: Run, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    _artifact, first = recorded(run)
    Path("own").mkdir()
    Path("own/gate.yaml").write_text(OWN)
    Path("annexa.yaml").write_text(f"{CONFIG}mappings: {{directories: [own]}}\n")
    assert add(capfdbinary).status == 0, "the agent that writes keeps the mapping in force"
    assert "gate-book" in run("controls", "7.2").out
    then = told(run, "controls", "7.2", "--as-of", first.isoformat())
    assert datetime.fromisoformat(then["as_of"]) == first
    assert "gate-book" not in [one["id"] for one in then["controls"][0]["requirements"]]
    assert "gate-book" not in run("controls", "--as-of", first.isoformat()).out
    later = told(run, "controls", "7.2", "--as-of", "2099-01-01")
    assert later["as_of"] == "2098-12-31T23:00:00Z"
    assert "gate-book" in [one["id"] for one in later["controls"][0]["requirements"]]
