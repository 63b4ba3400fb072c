"""`init`, `controls`, `collectors`, `mapping` and the page made of the help."""

from __future__ import annotations

import inspect
import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from agent.cli import reference
from agent.cli.application import build
from agent.cli.commands import starting
from agent.config import load
from agent.config.template import QUESTIONS
from agent.registry import Registry
from tests.cli import drive

DATES = ["--organization", "Example Ltd", "--timezone", "Europe/Berlin", "--audit-starts", "2026-12-07"]
REQUIREMENT = """\
- id: own-thing
  title: A thing of our own
  controls: {primary: ["8.13"]}
  kind: backup
  collectors: [%s]
  cadence: P1D
  max_age: P2D
  owner: somebody
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Any:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ANNEXA_CONFIG", raising=False)
    return lambda *argv: drive.here(capfdbinary, *argv)


def test_init_writes_a_file_that_loads(run: Any, tmp_path: Path) -> None:
    ended = run("init", *DATES, "--certificate-decided", "2024-12-12", "--regions", "eu-west-1,us-east-1")
    assert (ended.status, ended.err) == (0, "")
    config = load(tmp_path / "annexa.yaml", {})
    assert (config.organization, config.timezone.key) == ("Example Ltd", "Europe/Berlin")
    assert config.audits[0].starts.isoformat() == "2026-12-07"
    lines = ended.out.splitlines()
    assert lines[0] == "Written: annexa.yaml"
    assert [line.split()[:2] for line in lines[2:]] == [["annexa", one] for one in ("doctor", "collect", "status")]
    again = run("init", *DATES)
    assert (again.status, again.out) == (2, "")
    assert "--force" in again.err
    assert run("init", "--force", *DATES).status == 0


def test_init_names_the_file_in_what_comes_next(run: Any, tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    ended = run("init", "etc", *DATES)
    assert (tmp_path / "etc" / "annexa.yaml").is_file()
    assert "annexa --config etc/annexa.yaml doctor" in ended.out
    assert run("init", "no/where.yaml", *DATES).status == 2


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ([], "--organization is needed"),
        (["--organization", "X", "--timezone", "Mars/Olympus"], "--timezone"),
        (["--organization", "X", "--audit-starts", "soon"], "--audit-starts"),
        (["--organization", "X", "--provider", "azure"], "--tenant is needed"),
        (["--organization", "X", "--provider", "ibm"], "'ibm' is no provider that is known here"),
    ],
)
def test_init_refuses_in_one_line(run: Any, tmp_path: Path, argv: list[str], said: str) -> None:
    ended = run("init", *argv)
    assert (ended.status, ended.out) == (2, "")
    assert said in ended.err
    assert ended.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_every_question_has_its_flag() -> None:
    flags = set(inspect.signature(starting.init).parameters)
    assert {question.name for question in QUESTIONS} <= flags
    assert flags - {question.name for question in QUESTIONS} == {
        "context", "file", "provider", "force", "yes", "json",
    }


def on_terminal(argv: list[str], cwd: Path, answers: str = "", interrupt: bool = False) -> tuple[int, str]:
    """Run annexa on a terminal of 90 columns, type the answers, and return its status and what it showed."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(cwd)
        environ = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "90", "PYTHONPATH": str(drive.ROOT),
                   "PYTHONUTF8": "1", "AWS_EC2_METADATA_DISABLED": "true", "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
                   "AWS_SECRET_ACCESS_KEY": "none"}
        environ.pop("NO_COLOR", None)
        os.execve(sys.executable, [sys.executable, "-m", "agent.cli", *argv], environ)
    os.write(terminal, answers.encode())
    shown, end = b"", time.monotonic() + 240
    while True:
        if time.monotonic() > end:
            os.kill(pid, signal.SIGKILL)  # a program that waits for ever fails the test, and does not stop it
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                read = os.read(terminal, 65536)
            except OSError:
                break
            if not read:
                break
            shown += read
            if interrupt and b"Name of the organization" in shown:
                os.kill(pid, signal.SIGINT)
                interrupt = False
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()


def test_init_asks_on_a_terminal_and_asks_again(tmp_path: Path) -> None:
    answers = ["", "Example Ltd", "Nowhere/Land", "Europe/Berlin", *[""] * (len(QUESTIONS) - 2)]
    status, shown = on_terminal(["init"], tmp_path, "\n".join(answers) + "\n")
    assert status == 0
    assert "--organization is needed" in shown
    assert "--timezone" in shown
    config = load(tmp_path / "annexa.yaml", {})
    assert (config.organization, config.timezone.key) == ("Example Ltd", "Europe/Berlin")


def test_init_can_be_left(tmp_path: Path) -> None:
    status, shown = on_terminal(["init"], tmp_path, interrupt=True)
    assert status == 130
    assert "Traceback" not in shown
    assert not (tmp_path / "annexa.yaml").exists()


def test_collect_draws_a_bar_on_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "annexa.yaml").write_text(
        'organization: X\ntimezone: UTC\nscopes: [{name: aws, provider: aws, endpoint: "http://127.0.0.1:9", '
        'regions: [eu-central-1], account_id: "123456789012"}]\n'
    )
    status, shown = on_terminal(["collect"], tmp_path)
    assert status == 3
    assert "records" in shown
    assert "\x1b[?25h" in shown, "the cursor comes back"
    assert "failed" in shown
    status, shown = on_terminal(["--no-color", "collect", "-q"], tmp_path)
    assert status == 3
    assert "\x1b" not in shown


def test_controls_of_both_editions(run: Any) -> None:
    new = json.loads(run("controls", "--json").out)
    assert (new["framework"], len(new["controls"])) == ("iso27001-2022", 93)
    assert all(any(one["role"] == "primary" for one in control["requirements"]) for control in new["controls"])
    old = json.loads(run("controls", "--framework", "iso27001-2013", "--json").out)
    assert len(old["controls"]) == 114
    backup = next(control for control in new["controls"] if control["id"] == "8.13")
    assert backup["title"] == "Information backup"
    assert backup["automated"] is True
    assert "93 controls;" in run("controls").out
    one = run("controls", "A.8.13").out
    assert one.startswith("8.13 Information backup")
    assert "backup-restore-tests" in one
    strange = run("controls", "8.99")
    assert (strange.status, strange.out) == (2, "")


def test_collectors_list_show_policy(run: Any) -> None:
    known = Registry.load().headers()
    told = json.loads(run("collectors", "list", "--json").out)["collectors"]
    assert [one["id"] for one in told] == [one.id for one in known]
    some = json.loads(run("collectors", "list", "aws.iam_*", "--json").out)["collectors"]
    assert {one["id"] for one in some} == {one.id for one in known if one.id.startswith("aws.iam_")}
    shown = run("collectors", "show", "aws.backup_restore_jobs").out
    assert "backup:ListRestoreJobs" in shown
    assert "backup-restore-tests" in " ".join(shown.split())
    policy = json.loads(run("collectors", "policy", "aws.backup_restore_jobs").out)
    actions = {action for statement in policy["Statement"] for action in statement["Action"]}
    assert "backup:ListRestoreJobs" in actions
    assert all(action.split(":")[1].startswith(("List", "Get", "Describe")) for action in actions)
    assert "AWS::IAM::Role" in run("collectors", "policy", "--format", "cloudformation").out


def leaves(command: Any, path: str = "") -> Iterator[tuple[str, set[str]]]:
    """Yield every command that does something, with its options."""
    below = getattr(command, "commands", {})
    for name, one in below.items():
        yield from leaves(one, f"{path} {name}".strip())
    if not below:
        yield path, {option for parameter in command.params for option in parameter.opts}


def test_every_command_speaks_json() -> None:
    found = dict(leaves(typer.main.get_command(build())))
    assert len(found) > 25
    without = {path for path, options in found.items() if "--json" not in options}
    assert without == {"serve"}, "serve logs JSON and answers at /metrics; whatever else answers must speak JSON"


def test_each_provider_has_its_own_policy(run: Any, tmp_path: Path) -> None:
    graph = json.loads(run("collectors", "policy", "entra.users").out)
    assert "User.Read.All" in graph["permissions"]
    assert 'resource "azuread_application"' in run("collectors", "policy", "entra.users", "--format", "terraform").out
    assert "storage.buckets.list" in json.loads(run("collectors", "policy", "gcp.storage_buckets").out)["includedPermissions"]
    for asked in ("entra.users", "gcp.storage_buckets"):
        wrong = run("collectors", "policy", asked, "--format", "cloudformation")
        assert (wrong.status, "cloudformation is of AWS" in wrong.err) == (2, True)
    (tmp_path / "annexa.yaml").write_text("organization: E\ntimezone: UTC\nscopes: [{name: us, provider: organization}]\n")
    wrong = run("collectors", "policy", "--scope", "us")
    assert (wrong.status, wrong.out) == (2, "")
    assert "scope us: organization has no permissions to give" in wrong.err


def test_what_is_opt_in_is_told_and_left_out(run: Any) -> None:
    told = {one["id"]: one["opt_in"] for one in json.loads(run("collectors", "list", "gcp.*", "--json").out)["collectors"]}
    assert {name for name, opt_in in told.items() if opt_in} == {"gcp.asset_export", "gcp.data_access_logs"}
    listed = " ".join(run("collectors", "list", "gcp.*").out.split())
    assert "2 of them opt-in: off for every scope that does not name them" in listed
    assert "also: [gcp.asset_export]" in " ".join(run("collectors", "show", "gcp.asset_export").out.split())
    assert "Off for" not in run("collectors", "show", "gcp.asset_list").out
    every = run("collectors", "policy", "gcp.*")
    assert "logging.privateLogEntries.list" not in json.loads(every.out)["includedPermissions"]
    assert "opt-in, and not in it unless named or switched on by --scope: gcp.asset_export, gcp.data_access_logs" in every.err
    named = run("collectors", "policy", "gcp.data_access_logs", "gcp.asset_export")
    assert "logging.privateLogEntries.list" in json.loads(named.out)["includedPermissions"]
    assert "on the bucket of asset_export alone, and so not in the role: storage.objects.get" in named.err


def test_the_policy_of_a_scope_has_only_what_it_runs(run: Any, tmp_path: Path) -> None:
    (tmp_path / "annexa.yaml").write_text(
        "organization: X\ntimezone: UTC\nscopes: [{name: a, provider: aws, regions: all, "
        "collectors: {enable: [aws.backup_restore_jobs]}}]\n"
    )
    policy = json.loads(run("collectors", "policy", "--scope", "a").out)
    actions = {action for statement in policy["Statement"] for action in statement["Action"]}
    assert {action for action in actions if action.startswith(("backup:", "iam:", "s3:"))} == {"backup:ListRestoreJobs"}
    assert "no scope 'b'" in run("collectors", "policy", "--scope", "b").err


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["collectors", "show", "aws.backup_restore_job"], "Did you mean 'aws.backup_restore_jobs'?"),
        (["collectors", "list", "nope*"], "no collector is called like 'nope*'"),
        (["collectors", "policy", "aws.backup_restore_jobs", "--part", "7"], "there is no part 7"),
        (["collectors", "policy", "--format", "xml"], "'xml' is not one of json, cloudformation"),
    ],
)
def test_collectors_that_are_none(run: Any, argv: list[str], said: str) -> None:
    ended = run(*argv)
    assert (ended.status, ended.out) == (2, "")
    assert said in ended.err


def test_mapping_test_counts(run: Any, tmp_path: Path) -> None:
    vectors = drive.ROOT / "tests" / "vectors" / "freshness.yaml"
    assert run("mapping", "test", str(vectors)).out == "184 passed, 0 failed\n"
    wrong = vectors.read_text().replace('"freshness": "missing"', '"freshness": "fresh"', 1)
    (tmp_path / "wrong.yaml").write_text(wrong)
    ended = run("mapping", "test", "wrong.yaml")
    assert ended.status == 1
    assert ended.out.splitlines()[-1] == "183 passed, 1 failed"
    assert "freshness is 'missing', expected 'fresh'" in " ".join(ended.out.split())
    told = json.loads(run("mapping", "test", "wrong.yaml", str(vectors), "--json").out)
    assert (told["passed"], told["failed"], told["messages"][0]["file"]) == (367, 1, "wrong.yaml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"[{", "t.yaml:1:3: this is no YAML"),
        (b"a: 1", "is no list of cases"),
        (b"[]", "is no list of cases"),
        (b"\xff", "is not UTF-8"),
        (b"[{name: x}]", "case 'x'"),
    ],
)
def test_mapping_test_of_what_is_no_timeline(run: Any, tmp_path: Path, text: bytes, said: str) -> None:
    (tmp_path / "t.yaml").write_bytes(text)
    ended = run("mapping", "test", "t.yaml")
    assert (ended.status, ended.out) == (2, "")
    assert said in ended.err
    assert ended.err.count("\n") == 1
    assert run("mapping", "test", "none.yaml").status == 2


def test_mapping_lint_names_what_is_wrong(run: Any, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "mine.yaml").write_text(REQUIREMENT % "aws.no_such_thing")
    ended = run("mapping", "lint", "own")
    assert ended.status == 2
    assert "there is no collector 'aws.no_such_thing'" in " ".join(ended.out.split())
    mine = [one for one in json.loads(run("mapping", "lint", "own", "--json").out)["complaints"]
            if one["file"] and one["file"].endswith("mine.yaml")]
    assert [(one["level"], one["line"]) for one in mine] == [("error", 1)]
    assert run("mapping", "lint", "nowhere").status == 2


def test_serve_stops_when_told(tmp_path: Path) -> None:
    (tmp_path / "annexa.yaml").write_text("organization: X\ntimezone: UTC\n")
    environ = {**os.environ, "PYTHONPATH": str(drive.ROOT)}
    with subprocess.Popen([sys.executable, "-m", "agent.cli", "serve", "--port", "0"], cwd=tmp_path, env=environ,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as served:
        assert served.stderr is not None
        said = json.loads(served.stderr.readline())
        while said["event"] != "serving":
            said = json.loads(served.stderr.readline())
        assert said["port"] > 0
        served.send_signal(signal.SIGTERM)
        out, err = served.communicate(timeout=60)
    assert (served.returncode, out) == (0, "")
    assert all(json.loads(line)["event"] for line in err.splitlines())


def test_the_page_is_made_of_the_help() -> None:
    assert (drive.ROOT / "docs" / "cli.md").read_text("utf-8") == reference.page(), (
        "python -m agent.cli.reference > docs/cli.md"
    )
    names = [line.removeprefix("## annexa ") for line in reference.page().splitlines() if line.startswith("## annexa ")]
    wanted = "init doctor collect serve status forecast audits alerts verify query diff controls evidence sample "
    wanted += "export collectors mapping store retention keys"
    assert names == wanted.split()
