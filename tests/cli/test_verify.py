"""`annexa verify` as a person and a machine call it; what waits for its time stamp, in status and doctor."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.cli import drive
from tests.cli.test_store import CONFIG, TEXT
from tests.fixtures.tsa import Authority
from tests.lab.witness import Witness


@pytest.fixture
def place(tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a configuration that names an authority, and a stamped document in its store."""
    folder = tmp_path / "place"
    folder.mkdir()
    (folder / "roots.pem").write_bytes(authority.roots)
    (folder / "annexa.yaml").write_text(f"{CONFIG}tsa: ['{authority.url}']\ntsa_roots: roots.pem\n")
    (folder / "policy.txt").write_bytes(TEXT)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "100")
    return folder


@pytest.fixture
def run(place: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> Any:
    return lambda *argv: drive.here(capfdbinary, *argv)


def add(run: Any) -> str:
    ended = run("evidence", "add", "security-policy", "policy.txt", "--approved", "2026-02-03", "--json")
    assert ended.status == 0, ended.err
    artifact: str = json.loads(ended.out)["artifact"]
    return artifact


def trusted(place: Path) -> Path:
    trust = place.parent / "trust.pem"
    key = (place / "annexa-data" / "keys" / "signing-key.pub").read_bytes()
    trust.write_bytes(key + (place / "roots.pem").read_bytes())
    return trust


def test_a_store_an_artifact_and_an_export(run: Any, place: Path) -> None:
    artifact = add(run)
    trust = trusted(place)
    ended = run("verify", "--key", str(trust), "--keep", str(place.parent / "kept"))
    assert ended.status == 0, ended.out
    assert "1. trust root: holds" in ended.out
    assert str(trust) in ended.out.replace("\n     ", "")
    assert "1 artifact anchored since" in ended.out
    assert ended.out.rstrip().endswith("everything holds")
    assert run("evidence", "export", artifact, "--to", "out", "--checkpoint", str(place.parent / "kept")).status == 0
    assert (place / "out" / "checkpoint.tsr").exists()
    for subject in ("annexa-data", "annexa-data/artifacts", artifact, artifact[:15], "out"):
        ended = run("verify", subject, "--key", str(trust), "--checkpoint", str(place.parent / "kept"), "--json")
        found = json.loads(ended.out)
        assert (ended.status, found["holds"]) == (0, True), (subject, found)
        (anchor,) = found["anchors"]
        assert anchor["artifact"] == artifact
        assert anchor["since"].endswith("Z")
        assert anchor["kept"] is True


def test_what_does_not_hold_is_told_and_ends_with_3(run: Any, place: Path) -> None:
    add(run)
    trust = trusted(place)
    (file,) = (place / "annexa-data" / "artifacts" / "objects").rglob("*.zst")
    file.unlink()
    ended = run("verify", "--key", str(trust), "--keep", "kept")
    assert ended.status == 3
    assert "objects: refused" in ended.out
    assert "is gone from the store" in ended.out.replace("\n     ", " ")
    assert "REFUSED" in " ".join(ended.out.splitlines()[-3:]), "the verdict comes last; a narrow screen wraps it"
    assert not (place / "kept").exists()
    found = json.loads(run("verify", "--key", str(trust), "--json").out)
    assert [step["name"] for step in found["steps"] if step["state"] == "refused"] == ["objects"]


@pytest.mark.parametrize(("argv", "said"), [
    ((), "no trust root is named"),
    (("--key", "nowhere.pem"), "cannot be read"),
    (("--key", "policy.txt"), "says 'We keep information secure.'"),
    (("--key", "annexa-data/keys/signing-key.pub"), "which it is to judge"),
    (("--key", "../trust.pem", "--checkpoint", "nowhere"), "the checkpoint nowhere cannot be read"),
    (("empty", "--key", "../trust.pem"), "neither a store nor an export"),
])
def test_what_is_wrong_with_the_question(run: Any, place: Path, argv: tuple[str, ...], said: str) -> None:
    add(run)
    trusted(place)
    (place / "empty").mkdir()
    ended = run("verify", *argv)
    assert (ended.status, ended.out) == (2, "")
    assert said in ended.err
    assert ended.err.count("\n") == 1


def test_an_export_is_verified_without_a_configuration(
    run: Any, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    artifact = add(run)
    trust = trusted(place)
    assert run("evidence", "export", artifact, "--to", str(tmp_path / "elsewhere" / "out")).status == 0
    shutil.rmtree(place)
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert run("verify", "out", "--key", str(trust)).status == 0


def test_what_waits_for_its_time_stamp_is_shown(run: Any, authority: Authority, place: Path) -> None:
    authority.refuses = True
    add(run)
    warning = f"1 checkpoint is not yet timestamped: {authority.url} answers 503 Service Unavailable"
    assert any(line.startswith(warning) for line in json.loads(run("status", "--json").out)["warnings"])
    checks = json.loads(run("doctor", "--json").out)["checks"]
    assert any(one["what"].startswith(warning) and one["state"] == "warn" for one in checks)
    ended = run("verify", "--key", str(trusted(place)))
    assert ended.status == 0
    assert "1 artifact not anchored" in ended.out
    assert "1 checkpoint(s) are not yet timestamped" in ended.out.replace("\n     ", " ")


def test_a_token_of_another_authority_is_not_kept(run: Any, place: Path, other_authority: Authority) -> None:
    (place / "roots.pem").write_bytes(other_authority.roots)
    add(run)
    (line,) = [one for one in json.loads(run("status", "--json").out)["warnings"] if "timestamped" in one]
    assert "not believed" in line
    (place / "roots.pem").write_text("no certificate")
    ended = run("evidence", "add", "security-policy", "policy.txt", "--approved", "2026-02-04")
    assert ended.status == 2
    assert "tsa_roots" in ended.err


def test_a_witness_cosigns_what_was_added(run: Any, place: Path) -> None:
    with Witness().serving() as witness:
        text = (place / "annexa.yaml").read_text()
        (place / "annexa.yaml").write_text(f"{text}witnesses: [{{url: '{witness.url}', key: '{witness.vkey}'}}]\n")
        add(run)
        (line,) = [one for one in json.loads(run("status", "--json").out)["warnings"] if "cosigned" in one]
        assert line.startswith("not yet cosigned by witness.example/w1, which has cosigned none of ")
        assert "does not know this log" in line
        checks = json.loads(run("doctor", "--json").out)["checks"]
        assert any(one["check"] == "witnesses" and one["what"] == line and one["state"] == "warn" for one in checks)
        witness.trust((place / "annexa-data/artifacts/log/verifier-key").read_text())
        (place / "annexa-data/witnesses.json").unlink()  # else it is asked again in half a minute
        add(run)
        assert not [one for one in json.loads(run("status", "--json").out)["warnings"] if "cosigned" in one]
    trust = trusted(place)
    trust.write_text(f"{trust.read_text()}Witness: {witness.vkey}\n")
    found = json.loads(run("verify", "--key", str(trust), "--json").out)
    assert found["holds"]
    kept = {int(one.name) for one in (place / "annexa-data/artifacts/log/cosignatures").iterdir()}
    assert {one["cosigned_checkpoint"] for one in found["anchors"]} == kept
    assert {one["witness"] for one in found["anchors"]} == {"witness.example/w1"}


def test_a_key_that_is_no_witness_is_named_with_its_place(run: Any, place: Path) -> None:
    vkey = Witness().vkey
    text = (place / "annexa.yaml").read_text()
    wrong = vkey.replace("+B", "+C", 1)  # the first six bits of the type 0x04, whatever the key is
    (place / "annexa.yaml").write_text(f"{text}witnesses: [{{url: 'https://w.example', key: '{wrong}'}}]\n")
    ended = run("evidence", "add", "security-policy", "policy.txt", "--approved", "2026-02-03")
    said = ended.err.splitlines()[-1]  # a busy machine may have warned of its time stamp before
    assert ended.status == 2
    assert "no Ed25519 key of a witness" in said
    assert "annexa.yaml:" in said
