"""Encrypted evidence as persons meet it: collected, asked, verified, erased, and nowhere afterwards."""

from __future__ import annotations

import base64
import contextlib
import json
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zstandard

from tests.cli import drive
from tests.cli.drive import Ended
from tests.needs import need

PERSON = "Grace Brewster Hopper"
CONFIG = ("organization: Example Ltd\ntimezone: Europe/Berlin\nencryption: file:wrapping.key\n"
          "certificate: {kind: initial, decided: 2026-01-01}\n")
Run = Callable[..., Ended]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    """Return a way to run commands on an encrypted store with two documents that name a person."""
    (tmp_path / "annexa.yaml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    for requirement, title in (("security-policy", "Policy"), ("risk-assessment-results", "Risks")):
        (tmp_path / "signed.txt").write_text(f"{title}, signed by {PERSON}\n")
        added = drive.here(capfdbinary, "evidence", "add", requirement, "signed.txt", "--title", title, "--owner", PERSON,
                           "--approved-by", "The board", "--approved", "2026-02-03", "--by", "Ada")
        assert added.status == 0, added.err
    shutil.copy("annexa-data/keys/signing-key.pub", "trust.pem")
    return lambda *argv: drive.here(capfdbinary, *argv)


def holding(folder: Path) -> list[str]:
    """Return the files that name the person: as text, within zstd, or in base64 at any offset."""
    words = [PERSON.encode(), *(base64.b64encode(b" " * pad + PERSON.encode())[4:-4] for pad in range(3))]
    found = []
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            data = file.read_bytes()
            with contextlib.suppress(zstandard.ZstdError):
                data += zstandard.ZstdDecompressor().decompressobj().decompress(data)
            if any(word in data for word in words):
                found.append(str(file.relative_to(folder)))
    return found


def test_the_script_of_a_package_knows_what_was_erased(run: Run, tmp_path: Path) -> None:
    need("openssl", "jq", "xxd", "sha256sum")
    assert run("evidence", "erase", "--scope", "organization", "--reason", "asked for", "--by", "Ada", "--yes").status == 0
    assert run("export", "package", "-o", "package.zip").status == 0
    folder = tmp_path / "package"
    with zipfile.ZipFile("package.zip") as file:
        file.extractall(folder)
    command = ["sh", "verify.sh", str(tmp_path / "trust.pem")]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("the records of 2 runs were deleted or erased, as the log says\n")
    run_id = json.loads((folder / "evidence.ndjson").read_text().splitlines()[0])["artifact"]
    done = subprocess.run([*command, run_id], cwd=folder, capture_output=True, text=True, check=False)
    assert "the records of 1 runs were deleted or erased, as the log says\n" in done.stdout, done.stderr
    (leaf,) = (file for file in (folder / "log").glob("*.json") if '"type":"erasure"' in file.read_text())
    leaf.unlink()
    sums = "find . -type f ! -name SHA256SUMS | sed 's|^./||' | xargs sha256sum > ../sums; mv ../sums SHA256SUMS"
    subprocess.run(sums, shell=True, cwd=folder, check=True)
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "are not those signed" in done.stderr


def artifact(run: Run) -> str:
    return str(json.loads(run("evidence", "list", "--json").out)["artifacts"][0]["artifact"])


def flat(text: str) -> str:
    return " ".join(text.split())


def test_a_planted_name_is_nowhere_after_the_erasure(run: Run) -> None:
    data = Path("annexa-data")
    mine = artifact(run)
    assert PERSON in run("evidence", "show", mine).out
    asked = run("query", "SELECT owner FROM document")
    assert asked.out.count(PERSON) == 2
    assert "left out" not in asked.err
    assert run("status").status == 0
    assert run("verify", "--key", "trust.pem").status == 0
    assert holding(data) == [], "nothing of it lies there in the clear, before the erasure either"

    refused = run("evidence", "erase", "--scope", "organization", "--reason", "asked for", "--by", "Ada")
    assert refused.status == 2
    assert "The records of 2 artifacts of the scope organization will be gone for good. Say --yes" in refused.err
    assert run("evidence", "erase", "--scope", "organization", "--yes").status == 2, "a reason is needed"
    assert "Nothing of the scope other" in run("evidence", "erase", "--scope", "other", "--reason", "x", "--yes").err
    run("evidence", "hold", mine, "--reason", "a case")
    held = run("evidence", "erase", "--scope", "organization", "--reason", "asked for", "--yes")
    assert held.status == 3
    assert f"A hold covers the scope organization: H1 on {mine}" in held.err
    run("evidence", "release", mine, "--reason", "over")

    done = run("evidence", "erase", "--scope", "organization", "--reason", "asked for", "--by", "Ada", "--yes")
    assert done.status == 0, done.err
    assert "The records of 2 artifacts of the scope organization are erased: leaf" in done.out
    assert holding(data) == []
    wrapped = json.loads((data / "keys" / "data-keys.json").read_bytes())
    assert wrapped["keys"] == []

    shown = run("evidence", "show", mine)
    assert shown.status == 0
    assert "by Ada: asked for" in flat(shown.out)
    assert "the records are not there" in flat(shown.out)
    assert PERSON not in shown.out
    assert json.loads(run("evidence", "show", mine, "--json").out)["erased"]["by"] == "Ada"
    assert "records gone" in run("evidence", "list").out
    told = run("evidence", "history", mine)
    assert "erased with its scope" in flat(told.out)
    assert "asked for" in flat(told.out)
    asked = run("query", "SELECT owner FROM document")
    assert "0 rows" in asked.out
    assert "left out: the records of organization up to 20" in asked.err
    assert "were erased by Ada: asked for" in asked.err

    for subject in ([], [mine], ["annexa-data"]):
        verified = run("verify", *subject, "--key", "trust.pem")
        assert verified.status == 0, verified.out
        assert "erased on 20" in flat(verified.out)
        assert "asked for" in flat(verified.out)
    assert run("store", "check", "--deep").status == 0
    Path("annexa-data/annexa.db").unlink()
    assert run("store", "rebuild").status == 0
    assert run("store", "check", "--deep").status == 0
    assert run("verify", "--key", "trust.pem").status == 0


def test_a_diff_names_what_was_erased_and_calls_nothing_of_it_removed_or_added(run: Run) -> None:
    asking = ("diff", "security-policy", "--from", f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", "--to", "2099-01-01")
    before = datetime.now(UTC)
    whole = json.loads(run(*asking, "--json").out)
    assert [one["erased"] for one in whole["places"]] == [0]
    run("evidence", "erase", "--scope", "organization", "--reason", "asked for", "--by", "Ada", "--yes")
    found = json.loads(run(*asking, "--json").out)
    (place,) = found["places"]
    assert (found["changes"], place["compared"]) == ([], False)
    assert (place["added"], place["removed"], place["changed"], place["erased"]) == (0, 0, 0, 1)
    (gone,) = place["gone"]
    assert (gone["artifact"], gone["records"], gone["went"]) == (whole["places"][0]["before"]["artifact"], 1, "erased")
    assert (gone["by"], gone["reason"]) == ("Ada", "asked for")
    assert datetime.fromisoformat(gone["at"]) >= before
    shown = run(*asking)
    assert shown.status == 0
    assert "organization: 1 record erased, of the run of " in flat(shown.out)
    assert " by Ada: asked for" in flat(shown.out)
    assert "Nothing was collected" not in shown.out
    # What is brought afterwards is no addition: the erased record may have been the same.
    run("evidence", "add", "security-policy", "--title", "Policy", "--owner", PERSON, "--approved", "2026-02-04")
    (place,) = json.loads(run(*asking, "--json").out)["places"]
    assert (place["compared"], place["added"], place["erased"]) == (False, 0, 1)
    assert "what was known by the first date is gone" in run(*asking).out


def test_the_status_says_what_it_rests_on(run: Run) -> None:
    def policy() -> dict[str, object]:
        told = json.loads(run("status", "--json").out)
        return next(one for control in told["controls"] for one in control["requirements"]
                    if one["id"] == "security-policy")

    before = policy()
    assert before["freshness"] == "fresh"
    run("evidence", "erase", "--scope", "organization", "--reason", "asked for", "--by", "Ada", "--yes")
    after = policy()
    assert after["freshness"] == "fresh", "that it was collected is sealed, and stays"
    assert after["conclusion"] == "unknown", "what its checks read is gone"
    warnings = json.loads(run("status", "--json").out)["warnings"]
    assert any("were erased by Ada: asked for; freshness and coverage rest on their seals alone" in one
               for one in warnings)


def test_a_package_lists_what_was_erased(run: Run) -> None:
    mine = artifact(run)
    assert run("export", "package", "-o", "before.zip").status == 0
    assert run("verify", "before.zip", "--key", "trust.pem").status == 0
    run("evidence", "erase", "--scope", "organization", "--reason", "asked for", "--by", "Ada", "--yes")
    made = run("export", "package", "-o", "after.zip")
    assert made.status == 0, made.err
    verified = run("verify", "after.zip", "--key", "trust.pem")
    assert verified.status == 0, verified.out
    assert "the records of 2 run(s) were erased" in flat(verified.out)
    shutil.unpack_archive("after.zip", "after")
    assert holding(Path("after")) == []
    lines = [json.loads(line) for line in Path("after/evidence.ndjson").read_text().splitlines()]
    assert {one["artifact"]: one["erased"]["reason"] for one in lines}[mine] == "asked for"
    assert "records erased on" in Path("after/index.html").read_text()
    # What went out before stays readable: no erasure reaches it, and it verifies still.
    assert run("verify", "before.zip", "--key", "trust.pem").status == 0


def test_without_the_key_it_is_said_and_not_called_changed(run: Run) -> None:
    mine = artifact(run)
    exported = run("evidence", "export", mine, "--to", "out")
    assert exported.status == 0
    assert PERSON in Path("out/records.ndjson").read_text(), "an export is clear, and made to be read"
    alone = run("verify", "annexa-data", "--key", "trust.pem")
    assert alone.status == 3
    said = flat(alone.out)
    assert "encrypted by the data key" in said
    assert "no wrapping key is named" in said
    assert "--unlock" in said
    assert "does not hold the bytes" not in said
    assert "damaged" not in said
    with_key = run("verify", "annexa-data", "--key", "trust.pem", "--unlock", "file:wrapping.key")
    assert with_key.status == 0, with_key.out
    shutil.copytree("annexa-data/artifacts", "bare")
    bare = run("verify", "bare", "--key", "trust.pem")
    assert bare.status == 3
    assert "no data keys are here" in flat(bare.out)
    Path("annexa.yaml").write_text(CONFIG.replace("encryption: file:wrapping.key\n", ""))
    shown = run("evidence", "show", mine)
    assert shown.status == 3
    assert "Name it as encryption: in the configuration" in flat(shown.err)
    assert "nothing is named that opens them" in flat(run("doctor").out)


def test_doctor_and_wrapping_anew(run: Run) -> None:
    assert "1 data keys open, and a trial does" in flat(run("doctor").out)
    done = run("keys", "rewrap", "--to", "file:other.key", "--reason", "every year", "--by", "Ada")
    assert done.status == 0, done.err
    assert "Now write into the configuration: encryption: file:other.key" in done.out
    assert "is wrapped by file:" in flat(run("doctor").out)
    Path("annexa.yaml").write_text(CONFIG.replace("wrapping.key", "other.key"))
    Path("wrapping.key").unlink()
    assert run("verify", "--key", "trust.pem").status == 0
    Path("other.key").chmod(0o644)
    assert "can be read by others" in flat(run("doctor").out)


def test_turned_on_later_doctor_tells_what_is_clear(run: Run) -> None:
    plain = CONFIG.replace("encryption: file:wrapping.key\n", "")
    shutil.rmtree("annexa-data")
    Path("annexa.yaml").write_text(plain)
    run("evidence", "add", "security-policy", "signed.txt", "--title", "Policy", "--owner", PERSON, "--approved",
        "2026-02-03")
    run("evidence", "add", "security-policy", "--title", "Another", "--owner", PERSON, "--approved", "2026-02-04")
    assert run("store", "compact").status == 0
    assert list(Path("annexa-data/lake").rglob("*.parquet")), "of what is clear there is Parquet"
    shutil.copy("annexa-data/keys/signing-key.pub", "trust.pem")
    assert len(holding(Path("annexa-data"))) >= 2
    Path("annexa.yaml").write_text(CONFIG)
    assert "2 artifacts were collected before, and lie there in the clear" in flat(run("doctor").out)
    assert run("query", "SELECT owner FROM document").out.count(PERSON) == 2
    assert run("evidence", "erase", "--scope", "organization", "--reason", "asked for", "--yes").status == 0
    assert list(Path("annexa-data/lake").rglob("*.parquet")) == []
    assert holding(Path("annexa-data")) == []
    assert run("verify", "--key", "trust.pem").status == 0


def test_a_sample_keeps_its_steps_and_says_why_its_records_cannot_be_shown(run: Run) -> None:
    drawn = run("sample", "draw", "--requirement", "security-policy", "--seed", "dice 4", "-n", "1", "--json")
    assert drawn.status == 0, drawn.err
    assert run("sample", "show", "S1", "--content").status == 0
    assert run("export", "package", "-o", "before.zip", "--sample", "S1").status == 0
    done = run("evidence", "erase", "--scope", "organization", "--reason", "asked for", "--by", "Ada", "--yes")
    assert "Samples name" not in flat(done.out), "their ids went with the key"
    shown = run("sample", "show", "S1")
    assert shown.status == 0
    assert "(id erased, or its key is not here)" in flat(shown.out)
    for asked in (("sample", "show", "S1", "--content"), ("export", "package", "-o", "x.zip", "--sample", "S1")):
        shown = run(*asked)
        assert shown.status == 3
        assert "by Ada: asked for" in flat(shown.err)
    made = run("export", "package", "-o", "after.zip")
    assert made.status == 0, made.err
    assert "a sample is left out of the package" in made.err
    for subject in ("after.zip", "before.zip", "annexa-data"):
        verified = run("verify", subject, "--key", "trust.pem", "--unlock", "file:wrapping.key")
        assert verified.status == 0, verified.out
    assert holding(Path("annexa-data")) == []
