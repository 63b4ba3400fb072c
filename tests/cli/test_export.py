"""`annexa export package` and `annexa verify PACKAGE` by the command line; the limits of a question."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.cli import drive
from tests.cli.test_sampling import CONFIG


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Any:
    (tmp_path / "place" / "own").mkdir(parents=True)
    (tmp_path / "place" / "annexa.yaml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path / "place")
    monkeypatch.setenv("COLUMNS", "100")

    def call(*argv: str) -> drive.Ended:
        return drive.here(capfdbinary, *argv)

    add = ("evidence", "add", "security-policy", "--title", "Policy", "--approved", "2026-02-03", "--json")
    assert call(*add).status == 0
    (tmp_path / "trust.pem").write_bytes(Path("annexa-data/keys/signing-key.pub").read_bytes())
    return call


def test_from_the_store_to_the_verdict(run: Any, tmp_path: Path) -> None:
    assert run("sample", "draw", "--requirement", "security-policy", "--seed", "s", "-n", "1").status == 0
    ended = run("export", "package", "--audit", "surveillance-2027-12-07", "--json")
    assert (ended.status, ended.err) == (0, "")
    written = json.loads(ended.out)
    assert (written["file"], written["runs"], written["records"]) == ("surveillance-2027-12-07.zip", 1, 1)
    with zipfile.ZipFile(written["file"]) as file:
        assert len(file.namelist()) == written["files"]
        file.extractall(tmp_path / "unpacked")
    for subject in (written["file"], str(tmp_path / "unpacked")):
        ended = run("verify", subject, "--key", "../trust.pem")
        assert ended.status == 0, ended.out
        assert "samples: holds" in ended.out
    (tmp_path / "unpacked" / "index.html").write_text("")
    ended = run("verify", str(tmp_path / "unpacked"), "--key", "../trust.pem", "--json")
    assert ended.status == 3
    assert [one["name"] for one in json.loads(ended.out)["steps"] if one["state"] == "refused"] == ["sums"]


def test_people_are_told_what_was_written(run: Any) -> None:
    ended = run("export", "package", "-o", "here.zip", "--control", "5.1")
    assert ended.status == 0
    assert "Written to here.zip: 1 run, 1 record" in ended.out
    kept = Path("annexa-data/artifacts/log/checkpoint").read_bytes()
    Path("kept").write_bytes(kept)
    assert run("export", "package", "-o", "again.zip", "--control", "5.1", "--checkpoint", "kept").status == 0
    assert Path("again.zip").read_bytes() == Path("here.zip").read_bytes()


@pytest.mark.parametrize(("argv", "status", "said"), [
    (("export", "package", "--control", "9.9"), 2, "has no control '9.9'"),
    (("export", "package", "--audit", "never"), 2, "no audit is called 'never'"),
    (("export", "package", "--sample", "S1"), 2, "no sample 'S1'"),
    (("export", "package", "--checkpoint", "99"), 2, "no checkpoint of 99 leaves"),
    (("export", "package", "--checkpoint", "nowhere"), 2, "the checkpoint nowhere cannot be read"),
    (("export", "package", "-o", "none/there.zip"), 3, "none/there.zip cannot be written"),
    (("query", "SELECT 1", "--memory", "much"), 2, "'much' is no size"),
    (("query", "SELECT count(*) FROM range(100000) a, range(1000000) b WHERE hash(a.range, b.range) = 1", "--seconds",
      "0.05"), 2, "ran longer than 0.05 seconds"),
])
def test_what_is_wrong_is_one_line(run: Any, argv: tuple[str, ...], status: int, said: str) -> None:
    ended = run(*argv)
    assert (ended.status, ended.out) == (status, "")
    assert said in ended.err
    assert ended.err.count("\n") == 1


def test_a_question_with_limits_of_its_own(run: Any) -> None:
    ended = run("query", "SELECT count(*) AS n FROM document", "--memory", "512MB", "--seconds", "60", "--json")
    assert json.loads(ended.out) == [{"n": 1}]
