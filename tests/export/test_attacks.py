"""A package that somebody changed: each attack is refused, by the step that is there for it."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent import canonical
from agent.assembly import stamping
from agent.errors import ConfigurationError
from agent.seal.tiles import bundle, unbundle
from tests.export.conftest import Office, add
from tests.fixtures.tsa import Authority, serve


def sums(folder: Path) -> None:
    """Write SHA256SUMS anew, as an attacker would."""
    names = sorted(one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file())
    (folder / "SHA256SUMS").write_text("".join(
        f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in names if name != "SHA256SUMS"))


def one(folder: Path, pattern: str) -> Path:
    return max(folder.glob(pattern), key=lambda file: (file.stat().st_size, file.name))


def edit(file: Path, old: bytes, new: bytes) -> None:
    data = file.read_bytes()
    assert old in data
    file.write_bytes(data.replace(old, new, 1))


def changed_record(folder: Path) -> None:
    edit(one(folder, "records/document/*.ndjson"), b'"board"', b'"broad"')


def changed_table(folder: Path) -> None:
    edit(one(folder, "records/document/*.csv"), b"board", b"broad")


def removed_records(folder: Path) -> None:
    one(folder, "records/document/*.ndjson").unlink()


def records_of_no_run(folder: Path) -> None:
    data = b'{"record": {}}\n'
    (folder / "records" / "document" / f"{hashlib.sha256(data).hexdigest()}.ndjson").write_bytes(data)


def edited_envelope(folder: Path) -> None:
    file = one(folder, "envelopes/*.json")
    said = json.loads(file.read_bytes())
    file.write_text(json.dumps(said | {"payload": said["payload"][:-4] + "fQ=="}))


def swapped_envelopes(folder: Path) -> None:
    first, second = sorted((folder / "envelopes").iterdir())[:2]
    held = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(held)


def removed_envelope(folder: Path) -> None:
    one(folder, "envelopes/*.json").unlink()


def edited_entry(folder: Path) -> None:
    edit(one(folder, "log/*.json"), b'"recorded_at":"2026', b'"recorded_at":"2025')


def entry_under_another_leaf(folder: Path) -> None:
    first, second = sorted((folder / "log").glob("*.json"))[:2]
    second.write_bytes(first.read_bytes())
    second.with_suffix(".tlog-proof").write_bytes(first.with_suffix(".tlog-proof").read_bytes())


def removed_proof(folder: Path) -> None:
    one(folder, "log/*.tlog-proof").unlink()


def proof_on_another_checkpoint(folder: Path) -> None:
    file = one(folder, "log/*.tlog-proof")
    stamped = min((folder / "timestamps").iterdir()) / "checkpoint"
    file.write_bytes(file.read_bytes().split(b"\n\n")[0] + b"\n\n" + stamped.read_bytes())


def checkpoint_of_another_root(folder: Path) -> None:
    edit(folder / "checkpoint", (folder / "checkpoint").read_bytes().split(b"\n")[2], b"A" * 43 + b"=")


def earlier_checkpoint(folder: Path) -> None:
    shutil.copy(min((folder / "timestamps").iterdir()) / "checkpoint", folder / "checkpoint")


def token_of_another_checkpoint(folder: Path) -> None:
    first, *_middle, last = sorted((folder / "timestamps").iterdir())
    shutil.copy(first / "token.tsr", last / "token.tsr")


def stamp_without_its_link(folder: Path) -> None:
    (min((folder / "timestamps").iterdir()) / "consistency.txt").unlink()


def run_left_out(folder: Path) -> None:
    """Take a run out of everything but the list."""
    fact = json.loads((folder / "evidence.ndjson").read_text("utf-8").splitlines()[0])
    for name in (f"envelopes/{fact['artifact'][7:]}.json", f"log/{fact['leaf']:012}.json",
                 f"log/{fact['leaf']:012}.tlog-proof", f"records/document/{fact['object']}.ndjson",
                 f"records/document/{fact['object']}.csv"):
        (folder / name).unlink()


def run_not_listed(folder: Path) -> None:
    lines = (folder / "evidence.ndjson").read_bytes().splitlines(keepends=True)
    (folder / "evidence.ndjson").write_bytes(b"".join(lines[1:]))


def another_item(folder: Path) -> None:
    file = folder / "samples" / "S1" / "selection.json"
    said = json.loads(file.read_bytes())
    said["items"][0]["digest"] = "0" * 64
    file.write_text(json.dumps(said))


def population_with_a_record_less(folder: Path) -> None:
    file = folder / "samples" / "P1" / "records.ndjson"
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[1:]))


def edited_result(folder: Path) -> None:
    edit(one(folder, "samples/S1/result-*.json"), b'"deviation"', b'"pass"')


def void_left_out(folder: Path) -> None:
    (folder / "access-log.ndjson").write_bytes(b"")


def edited_void(folder: Path) -> None:
    edit(folder / "access-log.ndjson", b"the wrong file", b"the right file")


def table_without_records(folder: Path) -> None:
    (folder / "records" / "document" / "none.csv").write_bytes(b"id\r\n")


def list_that_is_none(folder: Path) -> None:
    with (folder / "evidence.ndjson").open("ab") as file:
        file.write(b"nothing\n")


def stamp_with_the_link_of_another(folder: Path) -> None:
    file = min((folder / "timestamps").iterdir()) / "consistency.txt"
    head, old, new, *rest = file.read_text().split("\n")
    file.write_text("\n".join([head, str(int(old) - 1), new, *rest]))


def layout_of_tomorrow(folder: Path) -> None:
    edit(folder / "package.json", b'"layout":1', b'"layout":2')


def left_out(folder: Path, leaf: int) -> None:
    for end in ("json", "tlog-proof"):
        (folder / "log" / f"{leaf:012}.{end}").unlink()


def hidden_void(folder: Path) -> None:
    """Take a void out of everything that can be written without the key."""
    lines = (folder / "access-log.ndjson").read_bytes().splitlines(keepends=True)
    (leaf,) = [json.loads(line)["index"] for line in lines if json.loads(line)["type"] == "void"]
    (folder / "access-log.ndjson").write_bytes(b"".join(line for line in lines if json.loads(line)["type"] != "void"))
    told(folder, voided_at=None, void_reason="", voided_by="")
    left_out(folder, leaf)


def hidden_void_with_its_entry(folder: Path) -> None:
    hidden_void(folder)
    file = folder / "entries" / "000000000"
    kept = [entry for entry in unbundle(file.read_bytes()) if json.loads(entry)["type"] != "void"]
    file.write_bytes(bundle(kept))


def edited_void_in_the_entries(folder: Path) -> None:
    edit(folder / "entries" / "000000000", b"the wrong file", b"the right file")


def swapped_entries(folder: Path) -> None:
    file = folder / "entries" / "000000000"
    first, second, *rest = unbundle(file.read_bytes())
    file.write_bytes(bundle([second, first, *rest]))


def other_entries(folder: Path) -> None:
    """Change a byte of an entry that does not lie in `log/`, or else of the last."""
    file = folder / "entries" / "000000000"
    data = bytearray(file.read_bytes())
    data[-2] ^= 1
    file.write_bytes(data)


def entries_left_out(folder: Path) -> None:
    (folder / "entries" / "000000000").unlink()


def hidden_draw(folder: Path) -> None:
    """Take the second draw on a population out of the package."""
    for entry in sorted((folder / "log").glob("*.json")):
        said = json.loads(entry.read_bytes())
        if said["type"] == "sampling" and said["name"] == "S2":
            left_out(folder, said["index"])
    shutil.rmtree(folder / "samples" / "S2")
    file = folder / "samples" / "S1" / "draws.json"
    file.write_text(json.dumps([one for one in json.loads(file.read_bytes()) if one["name"] != "S2"]))


def hidden_result(folder: Path) -> None:
    """Take the last result of a sample out of the package, and its words out of the table."""
    file = max((folder / "samples" / "S1").glob("result-*.json"))
    left_out(folder, int(file.stem.removeprefix("result-")))
    file.unlink()
    items(folder, 1, result="", note="", tester="", tested_at="")


def told(folder: Path, at: Callable[[dict[str, object]], bool] = lambda _fact: True, **changes: object) -> None:
    """Say otherwise of the runs in the list."""
    file = folder / "evidence.ndjson"
    facts = [json.loads(line) for line in file.read_bytes().splitlines()]
    file.write_text("".join(json.dumps(fact | changes if at(fact) else fact) + "\n" for fact in facts))


def items(folder: Path, at: int, **changes: str) -> None:
    """Change cells of an item in the table of a sample."""
    file = folder / "samples" / "S1" / "items.csv"
    with file.open(encoding="utf-8", newline="") as data:
        rows = list(csv.DictReader(data))
    assert all(rows[at][name] != value for name, value in changes.items())
    rows[at] |= changes
    with file.open("w", encoding="utf-8", newline="") as data:
        table = csv.DictWriter(data, rows[0])
        table.writeheader()
        table.writerows(rows)


def another_outcome(folder: Path) -> None:
    told(folder, outcome="failed")


def another_boundary(folder: Path) -> None:
    told(folder, boundary="elsewhere")


def more_records(folder: Path) -> None:
    told(folder, records=1000)


def void_not_told(folder: Path) -> None:
    told(folder, voided_at=None, void_reason="", voided_by="")


def another_reason_of_a_void(folder: Path) -> None:
    told(folder, lambda fact: fact["voided_at"] is not None, void_reason="a duplicate")


def erasure_told(folder: Path) -> None:
    told(folder, erased={"at": "2026-11-01T00:00:00Z", "by": "Ada", "reason": "asked for", "leaf": 99})


def anchored_before(folder: Path) -> None:
    told(folder, anchored_at="2020-01-01T00:00:00Z")


def deviation_made_a_pass(folder: Path) -> None:
    items(folder, 1, result="pass")


def another_note(folder: Path) -> None:
    items(folder, 1, note="found in order")


def another_record_of_an_item(folder: Path) -> None:
    items(folder, 0, **{"record.approved_by": "nobody"})


def item_left_out_of_the_table(folder: Path) -> None:
    file = folder / "samples" / "S1" / "items.csv"
    file.write_bytes(b"\n".join(file.read_bytes().split(b"\n")[:2]) + b"\n")


def draw_not_listed(folder: Path) -> None:
    file = folder / "samples" / "S1" / "draws.json"
    file.write_text(json.dumps([one for one in json.loads(file.read_bytes()) if one["name"] != "S2"]))


def another_seed_in_the_list(folder: Path) -> None:
    edit(folder / "samples" / "S1" / "draws.json", b"dice 4 2 6", b"dice 1 1 1")


def draws_that_are_none(folder: Path) -> None:
    (folder / "samples" / "S1" / "draws.json").write_bytes(b"nothing")


def items_that_are_none(folder: Path) -> None:
    (folder / "samples" / "S1" / "items.csv").write_bytes(b"\xff")


def no_instant(folder: Path) -> None:
    edit(folder / "package.json", b'"as_of":"2', b'"as_of":"x')


def at(folder: Path, instant: str, *files: str) -> None:
    """Say that a package is told as of another instant."""
    for name in files:
        said = json.loads((folder / name).read_bytes())
        assert said["as_of"] != instant
        (folder / name).write_bytes(canonical.document(said | {"as_of": instant}) + b"\n")


def of_tomorrow(folder: Path) -> None:
    """Let conclusions look as if they were drawn later than the log knows."""
    at(folder, "2026-11-30T00:00:00Z", "package.json", "status.json")


def of_yesterday(folder: Path) -> None:
    """Let conclusions look as if they were drawn earlier, before the void, and the audit not yet over."""
    at(folder, "2026-10-30T00:00:00Z", "package.json", "status.json")


def status_of_another_instant(folder: Path) -> None:
    at(folder, "2026-10-30T00:00:00Z", "status.json")


def status_of_another_audit(folder: Path) -> None:
    edit(folder / "status.json", b'"ends":"2026-12-09', b'"ends":"2026-12-19')


def another_checkpoint_in_the_manifest(folder: Path) -> None:
    said = json.loads((folder / "package.json").read_bytes())
    said["checkpoint"]["size"] += 1
    (folder / "package.json").write_bytes(canonical.document(said) + b"\n")


def no_manifest(folder: Path) -> None:
    (folder / "package.json").unlink()


ATTACKS: list[tuple[Callable[[Path], None], str]] = [
    (changed_record, "records"), (changed_table, "tables"), (removed_records, "records"),
    (records_of_no_run, "records"), (edited_envelope, "envelopes"), (swapped_envelopes, "envelopes"),
    (removed_envelope, "envelopes"), (edited_entry, "log"), (entry_under_another_leaf, "log"), (removed_proof, "log"),
    (proof_on_another_checkpoint, "log"), (checkpoint_of_another_root, "checkpoint"), (earlier_checkpoint, "log"),
    (token_of_another_checkpoint, "time stamps"), (stamp_without_its_link, "time stamps"), (run_left_out, "list"),
    (run_not_listed, "list"), (another_item, "samples"), (population_with_a_record_less, "samples"),
    (edited_result, "samples"), (void_left_out, "access log"), (edited_void, "access log"), (layout_of_tomorrow, "checkpoint"),
    (hidden_void, "whole log"), (hidden_void_with_its_entry, "whole log"),
    (edited_void_in_the_entries, "whole log"), (entries_left_out, "whole log"), (hidden_draw, "whole log"),
    (hidden_result, "whole log"), (another_outcome, "list"), (another_boundary, "list"), (more_records, "list"),
    (void_not_told, "list"), (another_reason_of_a_void, "list"), (erasure_told, "list"), (anchored_before, "list"),
    (deviation_made_a_pass, "samples"), (another_note, "samples"), (another_record_of_an_item, "samples"),
    (item_left_out_of_the_table, "samples"), (draw_not_listed, "samples"), (another_seed_in_the_list, "samples"),
    (swapped_entries, "whole log"), (other_entries, "whole log"), (of_tomorrow, "as of"), (of_yesterday, "as of"),
    (status_of_another_instant, "as of"), (status_of_another_audit, "as of"),
    (another_checkpoint_in_the_manifest, "as of"), (no_manifest, "checkpoint"),
]


@pytest.mark.parametrize(("attack", "step"), ATTACKS, ids=lambda value: getattr(value, "__name__", ""))
def test_an_attack_is_refused(office: Office, folder: Path, attack: Callable[[Path], None], step: str) -> None:
    attack(folder)
    sums(folder)
    report = office.verify(folder)
    assert not report.holds
    assert report.named(step).state == "refused", [(each.name, each.findings) for each in report.steps if each.refused]
    assert report.named(step).findings


@pytest.mark.parametrize("attack", [changed_record, run_not_listed, another_item], ids=lambda value: value.__name__)
def test_the_same_in_a_zip(office: Office, folder: Path, attack: Callable[[Path], None]) -> None:
    attack(folder)
    sums(folder)
    file = shutil.make_archive(str(office.root / "again"), "zip", folder)
    assert not office.verify(Path(file)).holds


@pytest.mark.parametrize(("attack", "step", "said"), [
    (removed_envelope, "records", "cannot be judged without its envelope"),
    (table_without_records, "tables", "has no sealed records beside it"),
    (list_that_is_none, "list", "cannot be read"),
    (draws_that_are_none, "samples", "cannot be read"), (items_that_are_none, "samples", "cannot be read"),
    (no_instant, "as of", "names no instant"), (hidden_void, "whole log", "void, is in the log and was left out"),
    (hidden_draw, "whole log", "a draw of S2"), (hidden_void_with_its_entry, "whole log", "000000000 has "),
    (edited_void_in_the_entries, "whole log", "another root"), (deviation_made_a_pass, "samples", "item 2 is another in result"),
    (another_outcome, "list", "otherwise than the seal"), (void_not_told, "list", "is void"),
    (erasure_told, "list", "erased"), (anchored_before, "list", "another time stamp"),
    (draw_not_listed, "samples", "the log has S1, S2"), (item_left_out_of_the_table, "samples", "or fewer"),
    (stamp_with_the_link_of_another, "time stamps", "consistency.txt links "),
    (edited_result, "samples", "not the document whose digest is in the log"),
    (of_tomorrow, "as of", "neither the last entry of the log, 2026-11-01T"), (of_yesterday, "as of", "neither the last"),
    (status_of_another_instant, "as of", "status.json is of another instant"),
    (status_of_another_audit, "as of", "instant or audit"),
    (another_checkpoint_in_the_manifest, "as of", "names another checkpoint"),
], ids=lambda value: getattr(value, "__name__", ""))
def test_what_is_said_of_an_attack(
    office: Office, folder: Path, attack: Callable[[Path], None], step: str, said: str
) -> None:
    attack(folder)
    sums(folder)
    assert said in office.verify(folder).named(step).findings[0]


def test_a_key_that_had_ended(office: Office, package: Path) -> None:
    office.trust.write_bytes(b"Until: 2026-11-01T09:05:00Z\n" + office.trust.read_bytes())
    assert any("no more trusted when this was recorded" in said for said in office.verify(package).named("log").findings)


def test_a_clock_that_was_set_back(office: Office) -> None:
    office.clock.at -= timedelta(days=2)
    with office.open(writer=True) as app:
        add(app, ["Of yesterday"])
    (said,) = office.verify(office.pack()).named("clock").findings
    assert said.endswith("it was set back")


def test_a_run_that_ended_after_it_was_recorded(office: Office) -> None:
    with office.open(writer=True) as app:
        before = office.clock.at
        office.clock.at += timedelta(days=1)
        assert app.store._sequencer is not None
        app.store._sequencer._clock = lambda: before
        add(app, ["Of tomorrow"])
    (said,) = office.verify(office.pack()).named("clock").findings
    assert "after it was recorded" in said


def test_an_entry_that_was_stamped_before_it_was_recorded(office: Office) -> None:
    office.clock.at = datetime.now(UTC) + timedelta(days=9)
    server = serve(Authority(office.authority.folder))
    try:
        config = office.root / "annexa.yaml"
        config.write_text(config.read_text("utf-8").replace(office.authority.url, next(server).url), "utf-8")
        with office.open(writer=True) as app:
            add(app, ["Of next week"])
            stamping.stamp(app)
    finally:
        server.close()
    found = office.verify(office.pack()).named("clock").findings
    assert found
    assert all("a clock was ahead, or was set back" in said for said in found)


def test_sums_that_were_left_alone(office: Office, folder: Path) -> None:
    (folder / "index.html").write_text("all is well")
    (folder / "more.txt").write_text("x")
    (folder / "README.txt").unlink()
    found = office.verify(folder).named("sums").findings
    assert found == ["index.html is not what SHA256SUMS says", "more.txt is not what SHA256SUMS says",
                     "README.txt stands in SHA256SUMS and is not here"]


def test_a_zip_that_is_cut_or_has_a_name_twice(office: Office, package: Path) -> None:
    cut = office.root / "cut.zip"
    cut.write_bytes(package.read_bytes()[:-1000])
    assert "no ZIP that can be read" in office.verify(cut).named("checkpoint").findings[0]
    twice = office.root / "twice.zip"
    shutil.copy(package, twice)
    with zipfile.ZipFile(twice, "a") as file, pytest.warns(UserWarning, match="Duplicate"):
        file.writestr("index.html", "other")
    assert "twice" in office.verify(twice).named("checkpoint").findings[0]


def test_a_byte_of_the_zip(office: Office, package: Path) -> None:
    with zipfile.ZipFile(package) as file:
        at = file.getinfo("evidence.ndjson").header_offset + 200
    data = bytearray(package.read_bytes())
    data[at] ^= 1
    damaged = office.root / "damaged.zip"
    damaged.write_bytes(bytes(data))
    assert office.verify(damaged).named("sums").state == "refused"


def test_a_link_out_of_the_package(office: Office, folder: Path) -> None:
    (folder / "checkpoint").unlink()
    (folder / "checkpoint").symlink_to(office.root / "annexa-data" / "artifacts" / "log" / "checkpoint")
    report = office.verify(folder)
    assert "outside of the package" in report.named("checkpoint").findings[0]


def test_a_trust_root_from_the_package(office: Office, folder: Path) -> None:
    office.trust.unlink()
    office.trust.symlink_to(folder / "public-key.pem")
    with pytest.raises(ConfigurationError, match="which it is to judge"):
        office.verify(folder)


def test_another_key(office: Office, package: Path, tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    office.trust.write_bytes(Ed25519PrivateKey.generate().public_key().public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    assert office.verify(package).named("checkpoint").state == "refused"
