"""Documents in, artifacts listed, shown, taken out and asked, with a store of its own and no cloud."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import shutil
import subprocess
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from agent.cli import session
from agent.cli.application import Options
from tests.cli import drive

CONFIG = """\
organization: Example Ltd
timezone: Europe/Berlin
audits: [{kind: surveillance, starts: 2027-12-07, ends: 2027-12-09}]
"""
TEXT = b"We keep information secure.\n"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a configuration and two documents in its store."""
    folder = tmp_path_factory.mktemp("store")
    (folder / "annexa.yaml").write_text(CONFIG)
    (folder / "policy.txt").write_bytes(TEXT)
    first = drive.process(
        "evidence", "add", "security-policy", "policy.txt", "--title", "=1+1 Security policy", "--doc-version", "4",
        "--approved-by", "Ada", "--approved", "2026-02-03", "--by", "grace", "--json", cwd=folder,
    )
    assert (first.status, first.err) == (0, "")
    second = drive.process(
        "evidence", "add", "security-roles", "--title", "Roles", "--approved", "2026-03-04T10:00:00Z",
        "--valid-until", "2026-09-01", cwd=folder,
    )
    assert second.status == 0
    assert second.out.startswith("Added: sha256:")
    return folder


@pytest.fixture
def run(place: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Any:
    monkeypatch.chdir(place)
    monkeypatch.setenv("COLUMNS", "100")
    return lambda *argv: drive.here(capfdbinary, *argv)


def listed(run: Any, *argv: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run("evidence", "list", "--json", *argv).out)["artifacts"]
    return found


def test_list_has_the_newest_first(run: Any) -> None:
    roles, policy = listed(run)
    assert [roles["collector"], policy["collector"]] == ["document.security-roles", "document.security-policy"]
    assert (policy["source"], roles["source"]) == ("uploaded", "typed")
    assert policy["outcome"] == "succeeded"
    assert len(listed(run, "-n", "1")) == 1
    assert json.loads(run("evidence", "list", "-n", "1", "--json").out)["more"] is True
    assert listed(run, "--collector", "document.security-roles") == [roles]
    assert listed(run, "--since", "2099-01-01") == []
    past = json.loads(run("evidence", "list", "--as-of", "2001-01-01", "--json").out)
    assert past == {"as_of": "2000-12-31T23:00:00Z", "artifacts": [], "more": False}


def test_list_for_people_fits(run: Any) -> None:
    ended = run("evidence", "list")
    assert ended.status == 0
    assert "document.security-policy" in ended.out
    assert "✓ succeeded" in ended.out
    assert all(len(line) <= 100 for line in ended.out.splitlines())
    empty = run("evidence", "list", "--outcome", "failed")
    assert empty.out == "No artifact is like that. annexa collect brings some.\n"
    past = run("evidence", "list", "--as-of", "2001-01-01")
    assert past.out == "No artifact that was recorded by 2001-01-01 00:00 is like that.\n"


def test_show_tells_where_it_comes_from(run: Any) -> None:
    artifact = listed(run, "--collector", "document.security-policy")[0]["artifact"]
    ended = run("evidence", "show", artifact[:20])
    assert ended.status == 0
    text = " ".join(ended.out.split())
    for said in (f"Artifact {artifact}", "Read as grace", "Source uploaded by a person", "✓ signature, id, digest",
                 "Population What a person brought as evidence for the requirement security-policy.",
                 "What the source cannot see - Nobody but the person named vouches",
                 "✓ everything that was asked for was read to its end", "title =1+1 Security policy",
                 "occurred_at 2026-02-02T23:00:00Z"):
        assert said in text
    whole = json.loads(run("evidence", "show", artifact, "--json", "-n", "0").out)
    assert whole["first_records"] == []
    assert whole["provenance"]["identity"] == "grace"
    assert len(whole["provenance"]["limits"]) == 1


def test_show_of_nothing(run: Any) -> None:
    for name in ("sha256:ffff", "zzz", "sha256:"):
        ended = run("evidence", "show", name)
        assert (ended.status, ended.out) == (2, "")
        assert ended.err.count("\n") == 1
        assert "`annexa evidence list` shows them" in ended.err


def test_what_is_taken_out_is_checked_without_annexa(run: Any, tmp_path: Path) -> None:
    artifact = listed(run, "--collector", "document.security-policy")[0]["artifact"]
    out = tmp_path / "it is here"
    ended = run("evidence", "export", artifact, "--to", str(out))
    assert ended.status == 0
    assert sorted(one.name for one in out.iterdir()) == [
        "SHA256SUMS", "checkpoint", "entry.json", "envelope.json", "inclusion.tlog-proof", "public-key.pem",
        "records.csv", "records.ndjson", "statement.json",
    ]
    commands = [line.strip() for line in ended.out.splitlines() if line.startswith("  (cd ")]
    checked = subprocess.run(["bash", "-c", commands[0]], capture_output=True, text=True, check=True)
    assert "records.ndjson: OK\n" in checked.stdout
    assert len(checked.stdout.splitlines()) == 8
    payload = json.loads((out / "envelope.json").read_text())["payload"]
    statement = base64.b64decode(payload)
    assert f"sha256:{hashlib.sha256(statement).hexdigest()}" == artifact
    assert (out / "statement.json").read_bytes() == statement
    assert json.loads(statement)["predicate"]["population"].endswith("the requirement security-policy.")
    records = (out / "records.ndjson").read_bytes()
    assert hashlib.sha256(records).hexdigest() in statement.decode()
    raw = json.loads(records)["raw"]
    assert base64.b64decode("".join(raw["content"])) == TEXT
    (row,) = csv.DictReader(io.StringIO((out / "records.csv").read_text("utf-8")))
    assert row["title"] == "'=1+1 Security policy"
    assert row["approved_by"] == "Ada"
    again = run("evidence", "export", artifact, "--to", str(out))
    assert again.status == 2
    assert "is not empty" in again.err
    assert run("evidence", "export", artifact, "--to", str(out), "--force").status == 0


def test_a_query_of_a_scope_that_nobody_knows_is_refused(run: Any) -> None:
    sql = "SELECT title FROM document"
    asked = run("query", sql, "--scope", "organisation")
    assert (asked.status, asked.out) == (2, "")
    assert "There is no scope 'organisation'" in asked.err
    assert "Did you mean organization?" in asked.err
    assert run("query", sql, "--scope", "organization").status == 0


def test_query_in_every_form(run: Any, tmp_path: Path) -> None:
    sql = "SELECT title, version, occurred_at FROM document ORDER BY title"
    table = run("query", sql).out.splitlines()
    assert table[0].split() == ["title", "version", "occurred_at"]
    assert table[-1] == "2 rows"
    rows = json.loads(run("query", sql, "--json").out)
    assert rows[1] == {"title": "Roles", "version": None, "occurred_at": "2026-03-04T10:00:00Z"}
    lines = list(csv.reader(io.StringIO(run("query", sql, "-f", "csv").out)))
    assert lines[1][:2] == ["'=1+1 Security policy", "4"]
    ended = run("query", sql, "-f", "parquet", "-o", str(tmp_path / "a.parquet"))
    assert ended.err == f"annexa: 2 rows written to {tmp_path / 'a.parquet'}\n"
    assert (tmp_path / "a.parquet").read_bytes()[:4] == b"PAR1"
    assert run("query", sql, "-o", str(tmp_path / "a.csv"), "-q").err == ""
    assert (tmp_path / "a.csv").read_text().startswith("title,version,occurred_at")
    assert run("query", sql, "-o", str(tmp_path / "no" / "a.csv")).status == 3


@pytest.mark.parametrize("sql", ["SELEC 1", "SELECT nope FROM document", "DROP TABLE document", "FROM 'x.csv'"])
def test_wrong_sql_is_one_line(run: Any, sql: str) -> None:
    ended = run("query", sql)
    assert (ended.status, ended.out) == (2, "")
    assert ended.err.count("\n") == 1


def test_query_reads_standard_input(place: Path) -> None:
    ended = drive.process("query", "-", "--json", cwd=place, stdin="SELECT count(*) AS n FROM document")
    assert json.loads(ended.out) == [{"n": 2}]


def test_status_of_the_store(run: Any) -> None:
    told = json.loads(run("status", "--json", "--as-of", "2027-01-01").out)
    assert told["as_of"] == "2026-12-31T23:00:00Z"
    assert len(told["controls"]) == 93
    one = next(control for control in told["controls"] if control["id"] == "5.1")
    policy = next(each for each in one["requirements"] if each["id"] == "security-policy")
    assert policy["evidence_time"] == "2026-02-02T23:00:00Z"
    brief, whole = run("status", "--control", "5.1").out, run("status", "--control", "5.1", "--all").out
    assert len(brief.splitlines()) < len(whole.splitlines())
    assert "supporting, does not decide" in whole
    shown = run("status", "--control", "A.5.1")
    assert shown.status == 0
    assert "evidence of 2026-02-03" in shown.out
    strange = run("status", "--control", "9.99")
    assert strange.status == 2
    assert "there is no control '9.99'" in strange.err


def test_before_the_audit_period_nothing_is_complete(run: Any) -> None:
    told = json.loads(run("status", "--json", "--as-of", "2019-01-01").out)
    missing = told["summary"]["freshness"]["missing"]
    assert missing == 93 - told["summary"]["unassigned"] > 80
    assert told["summary"]["coverage"] == {"complete": 0, "due": 0, "late": 0, "gap": 0, "not_owed": missing}
    assert {one["owed"] for one in told["controls"]} == {0}
    assert {each["owed"] for one in told["controls"] for each in one["requirements"]} == {0}
    shown = run("status", "--as-of", "2019-01-01").out
    assert f"- {missing} without a period owed" in shown
    assert "✓" not in shown
    assert "Coverage -: no period was owed, by freshness alone or nothing owed yet." in shown


def test_what_no_period_is_asked_of_is_told_apart_from_what_is_complete(run: Any) -> None:
    told = json.loads(run("status", "--json").out)
    counts = told["summary"]["coverage"]
    empty = [one for one in told["controls"] if one["coverage"] == "complete" and not one["owed"]]
    full = [one for one in told["controls"] if one["coverage"] == "complete" and one["owed"]]
    assert (counts["not_owed"], counts["complete"]) == (len(empty), len(full))
    assert empty
    for one in empty:
        primary = [each for each in one["requirements"] if each["role"] == "primary"]
        assert primary
        assert {period["state"] for each in primary for period in each["periods"]} <= {"upcoming", "optional"}


def test_fail_on_makes_the_status(run: Any) -> None:
    assert run("status").status == 0
    assert run("status", "--fail-on", "missing").status == 1
    assert run("status", "--fail-on", " gap , missing").status == 1
    assert run("status", "--control", "5.2", "--fail-on", "late").status == 0


def test_the_2013_edition(run: Any) -> None:
    told = json.loads(run("status", "--framework", "iso27001-2013", "--json").out)
    assert len(told["controls"]) == 114


def test_forecast_of_the_store(run: Any) -> None:
    told = json.loads(run("forecast", "--json").out)
    assert told["audit"]["name"] == "surveillance-2027-12-07"
    assert told["actions"]
    text = run("forecast").out
    assert "Who has to act by when" in text
    days = {one["by"] for one in told["actions"] if one["by"]}
    assert days
    assert all(f"By {date.fromisoformat(day)}, " in text for day in days), "the local days that people read"
    early = {one["not_before"] for one in told["actions"] if one["not_before"]}
    assert {day for day in early if f"not before {date.fromisoformat(day)}" in text}
    assert "--how tells how each is done." in text
    assert len(run("forecast", "--how").out) > len(text)
    assert "no audit is called 'x'" in run("forecast", "--audit", "x").err


def test_periods_in_a_row_are_one_action(run: Any) -> None:
    told = json.loads(run("forecast", "--as-of", "2027-12-01", "--json").out)
    about: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for one in told["actions"]:
        if one["kind"] == "explain":
            about.setdefault((one["requirement"], one["boundary"]), []).append(one)
    assert any(one["periods"] > 2 for found in about.values() for one in found)
    for found in about.values():
        ends = {one["period"]["to"] for one in found}
        assert ends.isdisjoint(one["period"]["from"] for one in found), "those that follow on each other are one"


def test_alerts_and_audits(run: Any) -> None:
    told = json.loads(run("audits", "--json").out)
    assert [one["name"] for one in told["audits"]] == ["surveillance-2027-12-07"]
    told = json.loads(run("alerts", "--json").out)
    assert isinstance(told["alerts"], list)
    assert datetime.fromisoformat(told["as_of"]).tzinfo
    assert run("alerts").status == 0


BAD = {"expiring", "stale", "missing", "gap", "deficient"}


def test_alerts_of_a_day_ahead_are_the_bad_states_of_that_day(run: Any) -> None:
    told = json.loads(run("alerts", "--as-of", "2036-06-01", "--json").out)
    assert told["as_of"] == "2036-05-31T22:00:00Z"
    calls = {(one["requirement"], one["scope"], one["boundary"], one["condition"]) for one in told["alerts"]}
    status = json.loads(run("status", "--as-of", "2036-06-01", "--json").out)
    owed = {
        (one["id"], one["scope"], one["boundary"], one[axis])
        for control in status["controls"] for one in control["requirements"]
        for axis in ("freshness", "coverage", "conclusion")
    }
    assert {one for one in owed if one[3] in BAD} == {one for one in calls if one[:3] in {unit[:3] for unit in owed}}
    (policy,) = [one for one in told["alerts"] if one["requirement"] == "security-policy"]
    (held,) = [
        one for control in status["controls"] for one in control["requirements"]
        if one["id"] == "security-policy" and one["role"] == "primary"
    ]
    assert (policy["condition"], policy["since"]) == ("stale", held["stale_at"])
    assert run("alerts", "--as-of", "2036-06-01").out.startswith("By 2036-06-01 00:00, if nothing more is collected:\n")


def test_store_check_and_rebuild(run: Any, place: Path, tmp_path: Path) -> None:
    checked = run("store", "check", "--deep")
    assert (checked.status, checked.out) == (0, "what is kept is what was recorded\n")
    before = listed(run)
    full = run("store", "rebuild")
    assert full.status == 3
    assert "not empty" in full.err
    for file in place.glob("annexa-data/annexa.db*"):
        file.rename(tmp_path / file.name)
    made = json.loads(run("store", "rebuild", "--json").out)
    assert (made["artifacts"], made["problems"]) == (2, [])
    assert listed(run) == before


def test_store_check_finds_what_was_changed(place: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(place, copy)
    (victim, *_) = copy.glob("annexa-data/artifacts/objects/*/*/*.zst")
    victim.chmod(0o600)
    victim.write_bytes(victim.read_bytes()[:-1] + b"\x00")
    ended = drive.process("store", "check", "--deep", "--json", cwd=copy)
    assert ended.status == 3
    assert len(json.loads(ended.out)["problems"]) >= 1


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["security-policy", "--approved", "2026-01-01"], "name the file, or give a --title"),
        (["security-policy", "policy.txt"], "say when it was approved"),
        (["security-polizy", "policy.txt", "--approved", "2026-01-01"], "security-policy"),
        (["security-policy", "none.txt", "--approved", "2026-01-01"], "none.txt cannot be read"),
        (["security-policy", "policy.txt", "--approved", "2999-01-01"], "in the future"),
    ],
)
def test_documents_that_are_refused(run: Any, argv: list[str], said: str) -> None:
    ended = run("evidence", "add", *argv)
    assert (ended.status, ended.out) == (2, "")
    assert said in ended.err
    assert ended.err.count("\n") == 1


def test_two_writers_on_one_store(place: Path, run: Any) -> None:
    class Context:
        obj = Options(place / "annexa.yaml", color=False, quiet=True, verbose=0)

        def find_root(self) -> Context:
            return self

    with session.opened(Context(), writer=True):  # type: ignore[arg-type] # all that it asks of a context
        ended = drive.process("evidence", "add", "security-policy", "policy.txt", "--approved", "2026-01-01", cwd=place)
        assert ended.status == 3
        assert ended.err.count("\n") == 1
        assert drive.process("status", "--json", cwd=place).status == 0
        assert drive.process("doctor", cwd=place).status in (0, 3)


def test_doctor_tells_what_is_right_and_what_to_do(run: Any) -> None:
    ended = run("doctor", "--json")
    checks = json.loads(ended.out)["checks"]
    assert {one["state"] for one in checks} <= {"ok", "warn", "fail"}
    assert ended.status == (3 if any(one["state"] == "fail" for one in checks) else 0)
    assert "✓ disk" in run("doctor").out
