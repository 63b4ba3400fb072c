"""`annexa diff` as a person and a machine call it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent.assembly import App
from tests.cli import drive
from tests.cli.test_sampling import CONFIG

DATES = ("--from", "2026-03-01T00:00:00Z", "--to", "2026-05-01T00:00:00Z")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Any:
    """Return a caller in a place where two policies were added in February and one in April."""
    (tmp_path / "own").mkdir()
    (tmp_path / "annexa.yaml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    for month, titles in ((2, ("One", "Two")), (4, ("\x1b[31m=Three",))):
        at = datetime(2026, month, 2, tzinfo=UTC)
        with App.open(None, {}, writer=True, clock=lambda at=at: at) as app:  # type: ignore[misc] # bound early
            for number, title in enumerate(titles):
                app.add_document(requirement="security-policy", file=None, title=title, version="", owner="",
                                 approved_by="", occurred_at=datetime(2026, month, 1, number, tzinfo=UTC), valid_until=None, by="ada")
    return lambda *argv: drive.here(capfdbinary, *argv)


def test_machines(run: Any) -> None:
    ended = run("diff", "security-policy", *DATES, "--json")
    assert (ended.status, ended.err) == (0, "")
    found = json.loads(ended.out)
    assert (found["requirement"], found["kind"], found["from"]) == ("security-policy", "document", "2026-03-01T00:00:00Z")
    (change,) = found["changes"]
    assert (change["change"], change["scope"], change["columns"]["title"]) == (
        "added", "organization", {"before": None, "after": "\x1b[31m=Three"})
    (place,) = found["places"]
    assert (place["compared"], place["added"], place["removed"], place["changed"]) == (True, 1, 0, 0)
    again = json.loads(run("diff", "security-policy", "--from", "2026-04-10", "--to", "2026-05-01", "--json").out)
    assert again["changes"] == []


def test_people(run: Any) -> None:
    out = run("diff", "security-policy", *DATES).out
    assert "organization: 1 added, 0 removed, 0 changed" in out
    assert "\x1b" not in out
    first = run("diff", "security-policy", "--from", "2026-01-01", "--to", "2026-05-01").out
    assert "not compared, no evidence by the first date" in first
    assert "Nothing was collected" in run("diff", "security-policy", "--from", "2025-01-01", "--to", "2025-02-01").out


@pytest.mark.parametrize(("argv", "said"), [
    (("security-polic", *DATES), "no requirement 'security-polic'"),
    (("security-policy", "--from", "2026-05-01", "--to", "2026-03-01"), "--from is not before --to"),
    (("security-policy", *DATES, "--scope", "nowhere"), "no scope 'nowhere'"),
    (("security-policy", "--from", "yesterday", "--to", "2026-03-01"), "is no date"),
])
def test_what_is_wrong_is_one_line(run: Any, argv: tuple[str, ...], said: str) -> None:
    ended = run("diff", *argv)
    assert (ended.status, ended.out) == (2, "")
    assert said in ended.err
    assert ended.err.count("\n") == 1
