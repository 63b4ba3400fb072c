"""`annexa evidence add --list`: all the documents of a list, or none, and each mistake with its place."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli import drive

CONFIG = """\
organization: Example Ltd
timezone: Europe/Berlin
audits: [{kind: surveillance, starts: 2027-12-07, ends: 2027-12-09}]
"""
LIST = """\
- {requirement: security-policy, approved: 2026-02-03, version: 4.0, approved_by: Ada, owner: Grace, file: policy.txt}
- requirement: security-roles
  title: Who does what
  approved: 2026-03-04T10:00:00Z
  valid_until: 2026-09-01
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Any:
    (tmp_path / "annexa.yaml").write_text(CONFIG)
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "policy.txt").write_bytes(b"We keep information secure.\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return lambda *argv: drive.here(capfdbinary, *argv)


def kept(run: Any) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = json.loads(run("evidence", "list", "--json").out)["artifacts"]
    return listed


def write(text: str) -> None:
    Path("papers/list.yaml").write_text(text, encoding="utf-8")


def test_every_document_of_a_list_is_added(run: Any) -> None:
    write(LIST)
    done = run("evidence", "add", "--list", "papers/list.yaml", "--by", "grace", "--json")
    assert (done.status, done.err) == (0, "")
    artifacts = json.loads(done.out)["artifacts"]
    assert [one["artifact"] for one in reversed(kept(run))] == artifacts
    told = [json.loads(run("evidence", "show", one, "--json").out) for one in artifacts]
    assert [one["source"] for one in told] == ["uploaded", "typed"]
    first, second = (one["first_records"][0]["record"] for one in told)
    digest = hashlib.sha256(b"We keep information secure.\n").hexdigest()
    assert (first["id"], first["version"], first["approved_by"]) == (f"sha256:{digest}", "4.0", "Ada")
    assert first["occurred_at"] == "2026-02-02T23:00:00Z", "a day begins in the organization's time zone"
    assert (second["title"], second["valid_until"]) == ("Who does what", "2026-08-31T22:00:00Z")
    assert {one["provenance"]["identity"] for one in told} == {"grace"}


def test_people_read_how_many(run: Any) -> None:
    write(LIST)
    assert run("evidence", "add", "--list", "papers/list.yaml").out == "Added: 2 documents\n"


MISTAKES = {
    "- {requirement: security-polcy, approved: 2026-02-03}": "1:17: 'security-polcy' is no requirement. Did you mean",
    "- {requirement: backup-jobs, approved: 2026-02-03}": "1:17: 'backup-jobs' is not fulfilled by a document",
    "- {requirement: security-policy}": "1:3: a document needs the key 'approved'",
    "- {requirement: security-policy, approved: soon}": "1:44: 'approved' must be a date or an instant",
    "- {requirement: security-policy, approved: 2999-01-01}": "1:44: the document was approved in the future",
    "- {requirement: security-policy, approved: 2026-02-03, valid_until: 2026-01-01}": "1:69: the document ends before",
    "- {requirement: security-policy, approved: 2026-02-03, file: no.txt}": "1:62: papers/no.txt cannot be read",
    "- {requirement: security-policy, approved: 2026-02-03, autor: Ada}": "1:56: a document has no key 'autor'",
    "documents: []": "1:1: a list of documents is needed",
    "- security-policy": "1:3: a document must be a mapping with the keys requirement",
    "- {requirement: [": "2:1: is not YAML",
}


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_is_named_with_its_place_and_nothing_is_kept(run: Any, text: str) -> None:
    good = "- {requirement: security-roles, approved: 2026-02-03}"
    write(f"{text}\n{good}\n" if text.startswith("- {") and text.endswith("}") else f"{text}\n")
    done = run("evidence", "add", "--list", "papers/list.yaml")
    assert (done.status, done.out) == (2, "")
    assert f"papers/list.yaml:{MISTAKES[text]}" in done.err
    assert "Traceback" not in done.err
    assert kept(run) == []


def test_all_mistakes_are_told_at_once(run: Any) -> None:
    write("- {requirement: nothing-like-it, approved: 2999-01-01}\n- {requirement: security-policy}\n")
    lines = run("evidence", "add", "--list", "papers/list.yaml").err.splitlines()
    assert [line.split(": ")[1 if line.startswith("annexa:") else 0].rsplit("/", 1)[-1] for line in lines] == [
        "list.yaml:1:17", "list.yaml:1:44", "list.yaml:2:3",
    ]


def test_an_empty_list_adds_nothing(run: Any) -> None:
    write("[]\n")
    assert run("evidence", "add", "--list", "papers/list.yaml").out == "Added: 0 documents\n"


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ((), "name the requirement that the document fulfils, or a --list of documents"),
        (("security-policy", "--list", "papers/list.yaml"), "leave out requirement"),
        (("--list", "papers/list.yaml", "--title", "x", "--approved", "2026-01-01"), "leave out title, approved"),
        (("--list", "papers/none.yaml"), "papers/none.yaml cannot be read"),
    ],
)
def test_wrong_words_on_the_line(run: Any, argv: tuple[str, ...], said: str) -> None:
    done = run("evidence", "add", *argv)
    assert done.status == 2
    assert said in " ".join(done.err.split())
