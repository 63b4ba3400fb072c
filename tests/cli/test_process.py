"""The real process: exit statuses, one line on stderr, nothing slow at start, nothing for terminals where none is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.drive import ROOT, process

GOOD = "organization: Example Ltd\ntimezone: Europe/Berlin\n"


def one_line(err: str) -> str:
    assert err.endswith("\n")
    assert err.count("\n") == 1
    assert err.startswith("annexa: ")
    assert "Traceback" not in err
    return err.removeprefix("annexa: ").rstrip("\n")


def test_version(tmp_path: Path) -> None:
    done = process("--version", cwd=tmp_path)
    assert (done.status, done.out, done.err) == (0, "annexa 0.1.0\n", "")


def test_no_argument_shows_help_and_is_a_usage_error(tmp_path: Path) -> None:
    done = process(cwd=tmp_path)
    assert done.status == 2
    assert "Commands:" in done.out + done.err


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["statsu"], "No such command 'statsu'. Did you mean 'status'?"),
        (["status", "--nope"], "No such option: --nope"),
        (["status", "--fail-on", "stale,rotten"], "'rotten' is not one of missing, stale"),
        (["status", "--as-of", "tomorrow"], "'tomorrow' is no date and no RFC 3339 instant"),
        (["status", "--as-of", "2026-12-07T09:00:00"], "does not say its time zone"),
        (["status", "--framework", "iso9001"], "'iso9001' is not one of iso27001-2022, iso27001-2013"),
        (["evidence", "show"], "Missing argument 'ARTIFACT'"),
        (["query", "SELECT 1", "--format", "xml"], "'xml' is not one of table, json, csv, parquet"),
        (["query", "SELECT 1", "--format", "parquet"], "Parquet needs a file"),
        (["--config"], "Option '--config' requires an argument"),
        (["init", "--provider", "okta"], "'okta' is no provider that is known here: aws, azure, entra, gcp"),
    ],
)
def test_usage_errors_are_one_line_and_status_2(tmp_path: Path, argv: list[str], said: str) -> None:
    done = process(*argv, cwd=tmp_path)
    assert done.status == 2
    assert done.out == ""
    assert said in one_line(done.err)


def test_no_configuration(tmp_path: Path) -> None:
    done = process("status", "--json", cwd=tmp_path)
    assert (done.status, done.out) == (2, "")
    assert "there is no configuration file" in one_line(done.err)
    assert "annexa init" in done.err


def test_every_mistake_of_a_configuration_has_its_line(tmp_path: Path) -> None:
    (tmp_path / "annexa.yaml").write_text("organisation: x\nscopes: 3\n")
    done = process("status", cwd=tmp_path)
    lines = done.err.splitlines()
    assert done.status == 2
    assert len(lines) >= 3
    assert all(line.startswith("annexa: ") and "annexa.yaml:" in line for line in lines)
    assert "Did you mean organization" in done.err


def test_no_store_yet(tmp_path: Path) -> None:
    (tmp_path / "annexa.yaml").write_text(GOOD)
    done = process("status", cwd=tmp_path)
    assert (done.status, done.out) == (3, "")
    assert "annexa collect" in one_line(done.err)


def test_global_options_may_stand_anywhere(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text(GOOD + "audits: [{kind: surveillance, starts: 2026-12-07}]\n")
    before = process("--config", "other.yaml", "audits", cwd=tmp_path)
    after = process("audits", "--config=other.yaml", cwd=tmp_path)
    outside = process("audits", cwd=tmp_path, ANNEXA_CONFIG="other.yaml")
    assert before.status == 0
    assert before.out == after.out == outside.out
    assert "surveillance-2026-12-07" in before.out


def test_a_defect_is_one_line_and_a_file_with_the_trace(tmp_path: Path) -> None:
    code = (
        "from agent.cli import edge\n"
        "def broken(argv): raise RuntimeError('first line\\nsecond line')\n"
        "edge._run = broken\n"
        "edge.main([])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert done.returncode == 3
    said = one_line(done.stderr)
    assert said.startswith("this is a defect of annexa (RuntimeError: first line)")
    (log,) = tmp_path.glob("annexa-*.log")
    assert str(log) in said
    assert "Traceback" in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    line = f"{sys.executable} -m agent.cli controls | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] in {"0", "141"}


def test_what_is_no_terminal_gets_no_escape_codes(tmp_path: Path) -> None:
    done = process("controls", cwd=tmp_path)
    assert done.status == 0
    assert "\x1b" not in done.out + done.err


def test_no_color_holds_where_colour_is_forced(tmp_path: Path) -> None:
    (tmp_path / "annexa.yaml").write_text(GOOD)
    forced = process("controls", cwd=tmp_path, FORCE_COLOR="1")
    without = process("controls", cwd=tmp_path, FORCE_COLOR="1", NO_COLOR="1")
    assert "\x1b[" in forced.out
    assert "\x1b[3" not in without.out


def test_an_encoding_without_signs_gets_ascii(tmp_path: Path) -> None:
    done = process("controls", "8.13", cwd=tmp_path, PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    assert done.status == 0
    assert done.out.isascii()


def test_start_imports_little(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "agent.cli", "--help"], cwd=tmp_path, capture_output=True, text=True,
        check=False, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    heavy = ("rich", "structlog", "duckdb", "sqlmodel", "sqlalchemy", "boto3", "botocore", "pydantic", "yaml",
             "obstore", "apscheduler", "cryptography", "orjson", "zstandard", "asyncio", "agent.model", "agent.config")
    assert {name for name in loaded if name.startswith(heavy)} == set()
    assert "typer" in loaded


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize(
    ("line", "there", "not_there"),
    [
        ("annexa status --control 8.1", "8.13", "8.9"),
        ("annexa collectors show aws.backup_r", "aws.backup_restore_jobs", "aws.iam"),
        ("annexa sta", "status", "forecast"),
        ("annexa query --format par", "parquet", "csv"),
    ],
)
def test_completion_knows_what_there_is(tmp_path: Path, shell: str, line: str, there: str, not_there: str) -> None:
    bash = {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split()) - 1)}
    extra = {"_TYPER_COMPLETE_FISH_ACTION": "get-args"} if shell == "fish" else {}
    words = bash if shell == "bash" else {"_TYPER_COMPLETE_ARGS": line, **extra}
    done = process(cwd=tmp_path, _ANNEXA_COMPLETE=f"complete_{shell}", **words)
    assert there in done.out
    assert not_there not in done.out


def test_completion_of_scopes_reads_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "annexa.yaml").write_text(GOOD + "scopes: [{name: prod-aws, provider: aws, regions: [eu-west-1]}]\n")
    words = {"COMP_WORDS": "annexa status --scope pr", "COMP_CWORD": "3"}
    assert process(cwd=tmp_path, _ANNEXA_COMPLETE="complete_bash", **words).out.split() == ["prod-aws"]
