"""The real process: exit statuses, one line on stderr, nothing slow at start, nothing for terminals where none is."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.cli.drive import ROOT, here, process

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


@pytest.mark.parametrize("argv", [[], ["evidence"], ["-q", "store"]])
def test_no_command_shows_the_help_as_help_and_is_a_usage_error(tmp_path: Path, argv: list[str]) -> None:
    done = process(*argv, cwd=tmp_path)
    asked = process(*argv, "--help", cwd=tmp_path)
    assert (done.status, done.out) == (2, "")
    assert done.err == asked.out
    assert "\nCommands:\n" in done.err


@pytest.mark.parametrize("columns", ["abc", "-1", "0", "", "9" * 5000, "\u0663", "60"])
def test_a_terminal_that_says_no_width_gets_help_as_well(tmp_path: Path, columns: str) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "agent.cli", "--help"], cwd=tmp_path, stdout=theirs, stderr=subprocess.PIPE,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path), "COLUMNS": columns},
    ) as done:
        os.close(theirs)
        said = bytearray()
        with suppress(OSError):  # EIO: the other side is closed
            while part := os.read(ours, 65536):
                said += part
        os.close(ours)
        assert done.stderr is not None
        assert done.stderr.read() == b""
    assert done.returncode == 0
    assert max(len(line.rstrip()) for line in said.decode().splitlines()) <= (60 if columns == "60" else 100)
    assert "Commands:" in said.decode()


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


NAMES = """scopes:
  - name: prod
    provider: aws
    regions: [eu-west-1]
    endpoint: http://127.0.0.1:9
    collectors: {enable: ["aws.*"], disable: [aws.root_user]}
  - {name: other, provider: azure, collectors: {enable: ["*"]}}
schedules: {default: P1D, aws.iam_credential_report: P1D, "gcp.*": P1D}
owners: {access-owner: iam-team@example.com, access-reviews: reviews@example.com}
frameworks: [iso27001-2022]
alerts: {routes: [{to: "json://127.0.0.1", owners: [access-owner], scopes: [prod, organization]}]}
mappings: {exclude: [security-policy]}
redact: {entra.users: {principal: hash}}
"""
WRONG_NAMES = [
    ("default: P1D, §aws.iam_credential_report", "aws.iam_credential_reprot", "no collector is called"),
    ("disable: [§aws.root_user", "aws.root_usr", "no collector is called"),
    ("enable: [§\"*\"", "azure.?*_nothing", "no collector is called"),
    ("§access-reviews", "access-reviewz", "there is no role or requirement"),
    ("owners: [§access-owner", "access-ownr", "there is no owner"),
    ("owners: [§access-owner", "access-reviews", "there is no role"),
    ("scopes: [§prod", "prodd", "there is no scope"),
    ("§iso27001-2022", "iso27001-2021", "there is no framework"),
    ("§security-policy", "security-polcy", "there is no requirement"),
    ("§entra.users", "entra.user", "redact: no collector is called"),
]
COMMANDS = ["collect", "serve", "forecast", "doctor", "evidence list"]


@pytest.mark.parametrize(
    ("right", "wrong", "words", "command"),
    [*((*one, "status") for one in WRONG_NAMES), *((*WRONG_NAMES[0], command) for command in COMMANDS)],
)
def test_a_name_that_names_nothing_is_one_line_with_its_place_and_the_nearest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes],
    right: str, wrong: str, words: str, command: str,
) -> None:
    lead, _, name = right.partition("§")
    before, found, after = (GOOD + NAMES).partition(lead + name)
    assert found
    (tmp_path / "annexa.yaml").write_text(f"{before}{lead}{wrong}{after}")
    monkeypatch.chdir(tmp_path)
    done = here(capfdbinary, *command.split())
    above = f"{before}{lead}".split("\n")
    assert (done.status, done.out) == (2, "")
    said = one_line(done.err)
    assert f"annexa.yaml:{len(above)}:{len(above[-1]) + 1}: {words} {wrong!r}. " in said
    named = name.strip('":')
    assert f"Did you mean {named}?" in said or named == "*" or wrong == "access-reviews"
    assert not (tmp_path / "annexa-data").exists()


def test_names_that_are_known_are_no_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    (tmp_path / "annexa.yaml").write_text(GOOD + NAMES)
    monkeypatch.chdir(tmp_path)
    assert here(capfdbinary, "status").status == 3, "it goes on to the store, which is not there yet"


def test_collectors_are_known_where_the_client_of_their_provider_is_not_installed(tmp_path: Path) -> None:
    (tmp_path / "annexa.yaml").write_text(GOOD + NAMES)
    code = (
        "import sys\n"
        "for name in ('boto3', 'botocore', 'azure', 'msgraph', 'google', 'grpc'): sys.modules[name] = None\n"
        "from agent.cli import edge\n"
        "edge.main(['status'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert (done.returncode, "annexa collect" in done.stderr) == (3, True), done.stderr


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
