"""Arguments, instants, errors and logs at the edge."""

from __future__ import annotations

import json
import signal
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import structlog
import typer

from agent.cli import edge, logs, session, trace, watch, when
from agent.cli.screen import Column, plain
from agent.errors import ConfigurationError, ConfigurationErrors, Place, StoreError
from agent.model import Outcome
from tests.cli import drive


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (["status", "--config", "x.yaml", "--all"], ["--config", "x.yaml", "status", "--all"]),
        (["status", "-c", "x", "-q"], ["-c", "x", "-q", "status"]),
        (["status", "--config=x", "-vv"], ["--config=x", "-vv", "status"]),
        (["query", "--", "--quiet"], ["query", "--", "--quiet"]),
        (["status", "--config"], ["--config", "status"]),
        (["--no-color", "status"], ["--no-color", "status"]),
        ([], []),
    ],
)
def test_global_options_come_first(given: list[str], wanted: list[str]) -> None:
    assert list(edge.hoisted(given)) == wanted


BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2026-12-07", datetime(2026, 12, 6, 23, tzinfo=UTC)),
        ("2026-07-01", datetime(2026, 6, 30, 22, tzinfo=UTC)),
        ("2026-12-07T09:00:00Z", datetime(2026, 12, 7, 9, tzinfo=UTC)),
        ("2026-12-07T09:00:00+05:30", datetime(2026, 12, 7, 3, 30, tzinfo=UTC)),
    ],
)
def test_a_day_is_its_local_midnight(text: str, wanted: datetime) -> None:
    assert when.instant(when.check(text), BERLIN) == wanted


def test_no_instant_is_now() -> None:
    assert when.instant(when.check(None), BERLIN) is None


@pytest.mark.parametrize("text", ["", "2026-13-01", "now", "2026-12-07T09:00", "2026-02-30", "20261207T09"])
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        when.check(text)


@pytest.mark.parametrize(
    ("error", "status", "lines"),
    [
        (StoreError("the disk is full", advice="Make room"), 3, ["annexa: the disk is full. Make room"]),
        (ConfigurationError("no such key", place=Place("a.yaml", 3, 5)), 2, ["annexa: a.yaml:3:5: no such key"]),
        (ConfigurationErrors([ConfigurationError("1"), ConfigurationError("2")]), 2, ["annexa: 1", "annexa: 2"]),
        (KeyboardInterrupt(), 130, ["annexa: interrupted"]),
        (typer.Abort(), 130, ["annexa: interrupted"]),
    ],
)
def test_errors_are_told_on_stderr(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException, status: int,
    lines: list[str],
) -> None:
    def fails(_argv: object) -> int:
        raise error

    monkeypatch.setattr(edge, "_run", fails)
    assert edge.run([]) == status
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == lines


def test_a_trace_goes_below_the_data_where_it_can(tmp_path: Path) -> None:
    trace.prefer(tmp_path)
    try:
        said = trace.keep(ValueError("odd"))
        (log,) = (tmp_path / "log").iterdir()
        assert said.endswith(f"The trace is in {log}")
        assert "ValueError: odd" in log.read_text()
        trace.prefer(tmp_path / "gone" / "away")
        assert "The trace is in /" in trace.keep(ValueError("odd"))
        assert not (tmp_path / "gone").exists()
    finally:
        trace.prefer(Path("/nonexistent"))


def test_console_logs_are_one_line_without_traces(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trace.prefer(tmp_path)
    logs.to_console()
    try:
        log = structlog.get_logger("annexa.test")
        log.info("not told")
        log.warning("scope not reached", scope="prod", error="no\nway")
        try:
            raise ValueError("inside")
        except ValueError:
            log.exception("a defect")
    finally:
        structlog.reset_defaults()
        trace.prefer(Path("/nonexistent"))
    first, second = capsys.readouterr().err.splitlines()
    assert first == "annexa: warning: scope not reached scope=prod error='no way'"
    assert second.startswith("annexa: error: a defect trace=")
    assert "ValueError: inside" in Path(second.partition("trace=")[2]).read_text()


def test_service_logs_are_json(capsys: pytest.CaptureFixture[str]) -> None:
    logs.to_json()
    try:
        structlog.get_logger("annexa.test").info("run ended", records=3, at=date(2026, 1, 2))
    finally:
        structlog.reset_defaults()
    said = json.loads(capsys.readouterr().err)
    assert (said["event"], said["records"], said["at"], said["level"]) == ("run ended", 3, "2026-01-02", "info")
    assert said["timestamp"].endswith("Z")


def test_json_has_instants_in_utc(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    east = datetime(2026, 12, 7, 5, tzinfo=timezone(timedelta(hours=5)))
    session.emit({"at": east, "below": [{"at": east}], "state": Outcome.PARTIAL, "name": "Grüße"})
    out, _ = capfdbinary.readouterr()
    assert json.loads(out) == {
        "at": "2026-12-07T00:00:00Z", "below": [{"at": "2026-12-07T00:00:00Z"}], "state": "partial", "name": "Grüße"
    }
    assert out.endswith(b"}\n")
    assert "Grüße".encode() in out


def test_plain_takes_away_what_a_terminal_obeys() -> None:
    assert plain("a\x1b[31mb\nc\u202ed\x00") == "a\ufffd[31mb c\ufffdd\ufffd"
    assert plain("情報 ✓ é") == "情報 ✓ é"
    assert plain("\ud800") == "\ufffd"


def test_a_table_that_has_no_room_is_written_row_by_row() -> None:
    columns = [Column("Name"), Column("What it is", flexible=True), Column("Number", right=True)]
    rows: list[list[str | int | None]] = [["first-of-all", "a long description of it", 1234], ["second", None, 5]]
    screen, raw = drive.screen(60)
    screen.table(columns, rows)
    assert raw.getvalue().decode().splitlines() == [
        "Name          What it is                Number",
        "first-of-all  a long description of it   1,234",
        "second                                       5",
    ]
    screen, raw = drive.screen(30)
    screen.table(columns, rows)
    assert raw.getvalue().decode().splitlines() == [
        "first-of-all", "  What it is  a long", "              description of", "              it",
        "  Number      1,234", "second", "  Number      5",
    ]


def test_the_first_interrupt_asks_and_the_second_one_ends(capsys: pytest.CaptureFixture[str]) -> None:
    before = signal.getsignal(signal.SIGINT)
    with watch.interruptible() as stop:
        assert not stop.is_set()
        signal.raise_signal(signal.SIGINT)
        assert stop.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before
    assert capsys.readouterr().err.startswith("annexa: stopping: what is under way ends and is kept")
