"""What an auditor does with a package, with tools that are not ours."""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import re
import shutil
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError as Unsigned
from securesystemslib.signer._key import SSlibKey

from agent.errors import ConfigurationError, VerificationError
from agent.seal.tiles import unbundle
from tests.export.conftest import HOSTILE, PLAIN, Office, add
from tests.export.notes import open_note
from tests.fixtures.tsa import Authority, expired, serve
from tests.needs import need


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def differing(one: Path, other: Path) -> list[str]:
    with zipfile.ZipFile(one) as a, zipfile.ZipFile(other) as b:
        return [name for name in sorted({*a.namelist(), *b.namelist()})
                if name not in a.namelist() or name not in b.namelist() or a.read(name) != b.read(name)]


def key_of(office: Office) -> Ed25519PublicKey:
    key = load_pem_public_key((office.root / "annexa-data" / "keys" / "signing-key.pub").read_bytes())
    assert isinstance(key, Ed25519PublicKey)
    return key


def sh(folder: Path, command: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["sh", "-c", command], cwd=folder, capture_output=True, text=True, check=False,
                          env={"PATH": "/usr/bin:/bin", **environ})


def test_everything_holds_zipped_and_unpacked(office: Office, package: Path, folder: Path) -> None:
    for place in (package, folder):
        report = office.verify(place, office.head)
        assert [(step.name, step.findings) for step in report.steps if step.refused] == []
        assert [step.name for step in report.steps if step.state != "holds"] == []
        assert "2 draws repeated" in report.named("samples").says
        anchors = report.anchors
        assert len(anchors) == len(lines(folder / "evidence.ndjson")) == 9
        assert all(one.since is not None and one.kept for one in anchors)


def test_sha256sum(folder: Path) -> None:
    need("sha256sum")
    assert sh(folder, "sha256sum -c --quiet SHA256SUMS").returncode == 0
    (folder / "index.html").write_bytes(b"changed")
    assert sh(folder, "sha256sum -c --quiet SHA256SUMS").returncode == 1


def test_openssl_verifies_every_time_stamp(office: Office, folder: Path) -> None:
    need("openssl")
    stamps = sorted((folder / "timestamps").iterdir())
    assert stamps
    for stamp in stamps:
        command = "openssl ts -verify -data checkpoint -in token.tsr"
        for roots in (office.trust, folder / "tsa-certificates.pem"):
            assert "Verification: OK" in sh(stamp, f"{command} -CAfile '{roots}' -untrusted '{roots}'").stdout
        (stamp / "checkpoint").write_bytes((stamp / "checkpoint").read_bytes() + b"\n")
        assert sh(stamp, f"{command} -CAfile '{office.trust}' -untrusted '{office.trust}'").returncode != 0


def test_the_script_in_it(office: Office, folder: Path) -> None:
    need("openssl", "jq", "xxd", "sha256sum")
    done = sh(folder, f"sh verify.sh '{office.trust}'")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.match(r"holds: \d+ entries of a log of \d+, 9 runs, \d+ time stamps; key [0-9a-f]{64}\n", done.stdout)
    run = lines(folder / "evidence.ndjson")[0]["artifact"]
    assert "holds: 1 entries" in sh(folder, f"sh verify.sh '{office.trust}' {run[:20]}").stdout
    assert sh(folder, "sh verify.sh public-key.pem").returncode == 2
    assert "there is no run" in sh(folder, f"sh verify.sh '{office.trust}' sha256:ffff").stderr


def test_the_script_refuses(office: Office, folder: Path) -> None:
    need("openssl", "jq", "xxd", "sha256sum")
    other = office.root / "other.pem"
    subprocess.run("openssl genpkey -algorithm ed25519 | openssl pkey -pubout", shell=True, check=True,
                   stdout=other.open("wb"), stderr=subprocess.DEVNULL)
    assert "REFUSED: checkpoint is not signed" in sh(folder, f"sh verify.sh '{other}'").stderr
    sums = f"find . -type f ! -name SHA256SUMS | sed 's|^./||' | xargs sha256sum > ../sums; mv ../sums SHA256SUMS; sh verify.sh '{office.trust}'"
    envelope = next((folder / "envelopes").iterdir())
    kept = envelope.read_bytes()
    envelope.write_bytes(kept + b" ")
    assert "is not the logged one" in sh(folder, sums).stderr
    envelope.write_bytes(kept)
    records = next(one for one in (folder / "records").rglob("*.ndjson") if one.stat().st_size)
    records.write_bytes(records.read_bytes().replace(b"1", b"2", 1))
    assert "are not those signed" in sh(folder, sums).stderr


SUMS = "find . -type f ! -name SHA256SUMS | sed 's|^./||' | LC_ALL=C sort | xargs sha256sum > ../sums; mv ../sums SHA256SUMS"


def test_the_script_knows_every_key_that_there_was(office: Office) -> None:
    need("openssl", "jq", "xxd", "sha256sum")
    with office.open(writer=True) as app:
        app.store.rotate("", "every year", "Ada")
        add(app, ["Of after the change"])
        eras = [era.text() for era in app.store.eras()]
    assert len(eras) == 2
    folder = office.unpack(office.pack("rotated.zip"))
    roots = (office.root / "roots.pem").read_text()
    for name, root, holds in (("both", "\n".join(eras), True), ("new", eras[1], False), ("old", eras[0], False)):
        trust = office.root / f"{name}.pem"
        trust.write_text(f"{root}\n{roots}")
        done = sh(folder, f"sh verify.sh '{trust}'")
        assert (done.returncode == 0) == holds, (name, done.stderr)
        assert holds or "is not signed by the key" in done.stderr


def test_the_script_believes_a_time_stamp_whose_authority_has_expired_since(
    office: Office, folder: Path, made_authority: Authority
) -> None:
    need("openssl", "jq", "xxd", "sha256sum")
    stamp = next((folder / "timestamps").iterdir())
    gone = expired(made_authority, office.root / "tsa", (stamp / "checkpoint").read_bytes())
    (stamp / "token.tsr").write_bytes(gone.chained)
    at = f"openssl ts -verify -data '{stamp}/checkpoint' -in '{stamp}/token.tsr' -CAfile '{office.trust}' -untrusted '{office.trust}'"
    assert "expired" in sh(folder, f"{at} 2>&1").stdout
    done = sh(folder, f"{SUMS}; sh verify.sh '{office.trust}'")
    assert (done.returncode, done.stderr) == (0, "")
    (stamp / "token.tsr").write_bytes(Authority(gone.authority.folder, chain=True).stamp((stamp / "checkpoint").read_bytes()))
    assert "does not hold" in sh(folder, f"{SUMS}; sh verify.sh '{office.trust}'").stderr, "it stamps what is long over"


def test_dsse_by_securesystemslib_alone(office: Office, folder: Path) -> None:
    key = SSlibKey.from_crypto(key_of(office))
    facts = lines(folder / "evidence.ndjson")
    assert facts
    for fact in facts:
        envelope = Envelope.from_dict(json.loads(
            (folder / "envelopes" / f"{fact['artifact'].removeprefix('sha256:')}.json").read_bytes()))
        assert envelope.verify([key], 1)
        statement = json.loads(envelope.payload)
        assert statement["_type"] == "https://in-toto.io/Statement/v1"
        records = (folder / "records" / fact["kind"] / f"{fact['object']}.ndjson").read_bytes()
        assert statement["subject"][0]["digest"]["sha256"] == hashlib.sha256(records).hexdigest() == fact["object"]
        envelope.payload += b" "
        with pytest.raises(Unsigned):
            envelope.verify([key], 1)


def test_the_checkpoint_by_a_reader_from_the_specification(office: Office, folder: Path) -> None:
    key, manifest = key_of(office), json.loads((folder / "package.json").read_bytes())
    head = open_note((folder / "checkpoint").read_bytes(), key)
    assert manifest["checkpoint"] == {"origin": head.origin, "size": head.size, "root": head.root.hex()}
    for stamp in (folder / "timestamps").iterdir():
        assert open_note((stamp / "checkpoint").read_bytes(), key).size == int(stamp.name)
    note = (folder / "checkpoint").read_bytes()
    with pytest.raises(InvalidSignature):
        open_note(note.replace(f"\n{head.size}\n".encode(), f"\n{head.size + 1}\n".encode()), key)


def test_a_draw_repeated_from_the_package_alone(folder: Path) -> None:
    population = json.loads((folder / "samples" / "P1" / "population.json").read_bytes())
    selection = json.loads((folder / "samples" / "S1" / "selection.json").read_bytes())["items"]
    done = subprocess.run(
        [sys.executable, "-I", "samples/repeat.py", "samples/P1/records.ndjson", "dice 4 2 6", "4"], cwd=folder,
        capture_output=True, text=True, check=True)
    root, *items = done.stdout.splitlines()
    assert root == f"root {population['root']}"
    assert [line.split() for line in items] == [[item["digest"], item["id"]] for item in selection]
    draws = json.loads((folder / "samples" / "S1" / "draws.json").read_bytes())
    assert [(one["name"], one["seed"]) for one in draws] == [("S1", "dice 4 2 6"), ("S2", "a")]
    with (folder / "samples" / "S1" / "items.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["digest"] for row in rows] == [item["digest"] for item in selection]
    assert [(row["result"], row["note"]) for row in rows] == [("pass", ""), ("deviation", "'=cmd()"), ("", ""), ("", "")]


def test_what_people_did_is_in_the_access_log(folder: Path) -> None:
    entries = lines(folder / "access-log.ndjson")
    assert [(one["type"], one["by"], one["reason"]) for one in entries] == [("void", "Ada", "the wrong file")]
    (run,) = [one for one in lines(folder / "evidence.ndjson") if one["voided_at"]]
    assert (run["artifact"], run["void_reason"]) == (entries[0]["artifact"], "the wrong file")
    raw = (folder / "access-log.ndjson").read_bytes().splitlines()
    assert (folder / "log" / f"{entries[0]['index']:012}.json").read_bytes() == raw[0]


def test_cells_of_tables_cannot_run(folder: Path) -> None:
    found = set()
    for table in (folder / "records").rglob("*.csv"):
        with table.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                found.add(row["title"])
                assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row.values())
    assert {f"'{title}" for title in HOSTILE} | set(PLAIN) <= found


def test_the_same_checkpoint_gives_the_same_bytes(office: Office, made_authority: Authority) -> None:
    first = office.pack("a.zip").read_bytes()
    assert office.pack("b.zip").read_bytes() == first
    kept, size = office.root / "kept", int(office.head.split(b"\n")[1])
    kept.write_bytes(office.head)
    server = serve(Authority(made_authority.folder))
    config = office.root / "annexa.yaml"
    config.write_text(re.sub(r"tsa: .*", f"tsa: ['{next(server).url}']", config.read_text("utf-8")), "utf-8")
    with office.open(writer=True) as app:
        add(app, ["Later"])
        app.store.void(app.store.artifacts()[1].id, "later", "Ada")
    server.close()
    later = office.pack("later.zip")
    assert later.read_bytes() != first
    assert differing(office.pack("c.zip", checkpoint=size), office.root / "a.zip") == []
    assert office.pack("c.zip", checkpoint=size).read_bytes() == first
    assert office.pack("d.zip", checkpoint=kept.read_bytes()).read_bytes() == first
    linked = office.pack("linked.zip", kept=(kept.read_bytes(),))
    assert office.verify(linked, kept.read_bytes()).holds
    refused = office.verify(later, kept.read_bytes())
    assert ["the package does not link it" in one for one in refused.named("kept checkpoint").findings] == [True]


def test_a_package_of_an_audit_ahead_is_told_as_of_the_last_entry(office: Office, package: Path, folder: Path) -> None:
    last = json.loads(unbundle((folder / "entries" / "000000000").read_bytes())[-1])["recorded_at"]
    assert json.loads((folder / "package.json").read_bytes())["as_of"] == last
    report = office.verify(package)
    assert report.holds
    assert report.named("as of").says == f"as of {last}"


def test_a_package_of_an_audit_that_is_over_tells_what_was_done_since(office: Office) -> None:
    need("openssl", "jq", "xxd", "sha256sum")
    office.clock.at = datetime(2026, 12, 20, tzinfo=UTC)
    with office.open(writer=True) as app:
        voided = next(row.id for row in app.store.artifacts() if row.voided_at is None)
        app.store.void(voided, "found later", "Ada")
        app.store.drain()
    package = office.pack("over.zip", audit="surveillance-2026-12-07")
    report = office.verify(package)
    assert report.holds, [each.findings for each in report.steps]
    said = report.named("as of").says
    assert said.startswith("as of 2026-12-09T23:00:00Z, the end of the audit as package.json has it, which nobody signed; ")
    assert "the log goes on to 2026-12-20T" in said
    folder = office.unpack(package)
    facts = {fact["artifact"]: fact for fact in lines(folder / "evidence.ndjson")}
    assert facts[voided]["void_reason"] == "found later"
    assert sh(folder, f"sh verify.sh '{office.trust}'").returncode == 0


def test_a_control_and_a_sample_narrow_it(office: Office) -> None:
    def requirements(package: Path) -> set[str]:
        folder = office.unpack(package, package.stem)
        assert office.verify(package).holds
        found = {name for fact in lines(folder / "evidence.ndjson") for name in fact["requirements"]}
        shutil.rmtree(folder)
        return found

    assert requirements(office.pack("one.zip", controls=("8.13",))) == set()
    assert requirements(office.pack("two.zip", samples=("s2",))) >= {"security-policy"}
    assert {"security-policy", "acceptable-use"} <= requirements(office.pack("all.zip"))


@pytest.mark.parametrize(("asked", "error", "said"), [
    ({"controls": ("8.99",)}, ConfigurationError, "has no control '8.99'"),
    ({"samples": ("S9",)}, ConfigurationError, "no sample 'S9'"),
    ({"audit": "nothing"}, ConfigurationError, "no audit is called"),
    ({"checkpoint": 10_000}, ConfigurationError, "no checkpoint of 10000 leaves is kept"),
    ({"checkpoint": b"no note"}, VerificationError, "note"),
])
def test_what_is_not_there(office: Office, asked: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        office.pack("never.zip", **asked)
    assert [one.name for one in office.root.iterdir() if "never" in one.name or "annexa-package" in one.name] == []


def test_a_damaged_store_gives_no_package(office: Office) -> None:
    (office.root / "annexa-data" / "artifacts" / "envelopes").rename(office.root / "gone")
    with pytest.raises(VerificationError, match="is gone from the store"):
        office.pack("never.zip")
    assert not (office.root / "never.zip").exists()


def test_the_proof_of_each_entry_by_the_specification(folder: Path) -> None:
    """Hash from leaf to root as RFC 9162 2.1.3.2 says, with hashlib alone."""
    _origin, size, root, *_rest = (folder / "checkpoint").read_text("utf-8").split("\n")
    entries = list((folder / "log").glob("*.json"))
    assert entries
    for entry in entries:
        head, *hashes = entry.with_suffix(".tlog-proof").read_text("utf-8").split("\n\n")[0].split("\n")[1:]
        fn, sn = int(head.removeprefix("index ")), int(size) - 1
        node = hashlib.sha256(b"\0" + entry.read_bytes()).digest()
        for one in map(base64.b64decode, hashes):
            if fn & 1 or fn == sn:
                node = hashlib.sha256(b"\1" + one + node).digest()
                while not fn & 1 and fn:
                    fn, sn = fn >> 1, sn >> 1
            else:
                node = hashlib.sha256(b"\1" + node + one).digest()
            fn, sn = fn >> 1, sn >> 1
        assert (base64.b64encode(node).decode(), sn) == (root, 0)
