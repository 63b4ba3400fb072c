"""The store from submit to opened artifact, the same on SQLite and PostgreSQL."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from pathlib import Path

import pytest
import zstandard
from sqlmodel import Session

from agent.collector import Record
from agent.errors import ArgumentError, StoreError, VerificationError
from agent.model import Asset, Boundary, Outcome, Window
from agent.store import ArtifactRow, Outbox, Store
from tests.fixtures.store import START, Place, keep, provenance, record, window


def test_a_run_becomes_an_artifact(either: Place) -> None:
    with either.open() as store:
        name = keep(store, ["i-1", "i-2"])
        assert store.artifacts() == []
        assert store.pending() == 1
        (row,) = record(store)
        assert store.pending() == 0
        assert row.id == name
        assert (row.leaf, row.records, row.collected_at, row.recorded_at) == (0, 2, START, START)
        assert store.artifact(name[:15]) == store.artifact(name) == row
        opened = store.open_artifact(name)
        assert [item["record"]["id"] for item in opened.records()] == ["i-1", "i-2"]
        assert [item["raw"] for item in opened.records()] == [{"InstanceId": "i-1"}, {"InstanceId": "i-2"}]
        assert opened.provenance == provenance(records=2)
        assert store.check(deep=True) == []


def test_the_object_is_zstd_of_lines_under_its_digest(place: Place) -> None:
    with place.open() as store:
        keep(store, ["i-1"])
        (row,) = record(store)
    stored = place.file(row.path).read_bytes()
    plain = zstandard.ZstdDecompressor().decompressobj().decompress(stored)
    assert [json.loads(line)["record"]["id"] for line in plain.splitlines()] == ["i-1"]
    assert plain.endswith(b"\n")
    assert row.object == hashlib.sha256(plain).hexdigest()
    assert (row.size, row.stored_size) == (len(plain), len(stored))
    scope = hashlib.sha256(b"prod").hexdigest()[:16]
    assert row.path == f"objects/{scope}/{row.object[:2]}/{row.object}.ndjson.zst"
    assert place.file(row.path).stat().st_mode & 0o777 == 0o444


def test_two_empty_runs_share_an_object_and_are_two_artifacts(place: Place) -> None:
    with place.open() as store:
        first = keep(store)
        second = keep(store, started_at=START + timedelta(hours=1))
        rows = record(store)
        assert [row.id for row in rows] == [first, second]
        assert len({row.path for row in rows}) == 1
        assert rows[0].object == hashlib.sha256(b"").hexdigest()
        assert list(store.open_artifact(first).records()) == []
        assert store.check(deep=True) == []


def test_scopes_share_no_object(place: Place) -> None:
    with place.open() as store:
        keep(store, ["i-1"], scope="prod")
        keep(store, ["i-1"], scope="test")
        one, other = record(store)
    assert one.object == other.object
    assert one.path != other.path


def test_the_same_run_submitted_twice_is_one(either: Place) -> None:
    with either.open() as store:
        first, again = keep(store, ["i-1"]), keep(store, ["i-1"])
        assert first == again
        assert len(record(store)) == 1
        keep(store, ["i-1"])
        assert record(store) == []
        assert store.check(deep=True) == []


def test_filters(either: Place) -> None:
    with either.open() as store:
        ids = {
            key: keep(store, [key], **given) for key, given in {
                "a": {}, "b": {"collector": "aws.iam_users", "kind": "account",
                      "started_at": START + timedelta(hours=1)},
                "c": {"scope": "test", "boundary": "2", "started_at": START + timedelta(hours=2)},
                "d": {"region": "us-east-1", "outcome": Outcome.PARTIAL, "started_at": START + timedelta(hours=3)},
            }.items()
        }
        record(store)
        either.now = START + timedelta(days=1)
        ids["e"] = keep(store, ["e"], started_at=START + timedelta(hours=4))
        record(store)

        def found(**filters: object) -> str:
            by_id = {value: key for key, value in ids.items()}
            return "".join(by_id[row.id] for row in store.artifacts(**filters))  # type: ignore[arg-type] # by name

        assert found() == "edcba"
        assert found(collector="aws.iam_users") == "b"
        assert found(kind="asset") == "edca"
        assert found(scope="test") == found(boundary="2") == "c"
        assert found(region="us-east-1") == found(outcome=Outcome.PARTIAL) == found(outcome="partial") == "d"
        assert found(since=START + timedelta(hours=1), until=START + timedelta(hours=3)) == "cb"
        assert found(as_of=START) == "dcba"
        assert found(as_of=START - timedelta(microseconds=1)) == ""
        assert found(limit=2) == "ed"
        assert [row.leaf for row in store.recorded()] == [0, 1, 2, 3, 4]
        assert [row.leaf for row in store.recorded(after=2)] == [3, 4]


@pytest.mark.parametrize(("name", "says"), [
    ("", "no artifact's id"), ("sha256:xyz", "no artifact's id"), ("sha256:" + "0" * 64, "no artifact"),
])
def test_an_artifact_that_is_not_there(place: Place, name: str, says: str) -> None:
    with place.open() as store, pytest.raises(ArgumentError, match=says) as caught:
        store.artifact(name)
    assert "evidence list" in caught.value.advice


def test_an_ambiguous_beginning_is_refused(place: Place) -> None:
    with place.open() as store:
        ids = [keep(store, [str(number)]) for number in range(40)]
        record(store)
        first = next(one for one in ids if sum(other[:8] == one[:8] for other in ids) > 1)
        with pytest.raises(ArgumentError, match="several") as caught:
            store.artifact(first[:8])
        assert caught.value.exit_status == 2


def test_the_clock_may_jump_back_and_the_log_does_not(either: Place) -> None:
    with either.open() as store:
        keep(store, ["a"])
        record(store)
        either.now = START - timedelta(hours=5)
        keep(store, ["b"], started_at=either.now)
        (second,) = record(store)
        assert second.recorded_at == START
        either.now = START + timedelta(seconds=1)
        keep(store, ["c"])
        (third,) = record(store)
        assert third.recorded_at == START + timedelta(seconds=1)
    bundle = either.file("log/tile/entries/000.p/3").read_bytes()
    assert bundle.count(b'"clock":"2026-03-01T07:00:00Z"') == 1


def test_a_watermark_moves_only_without_a_hole(either: Place) -> None:
    key = ("aws.cloudtrail_events", "123456789012", "eu-west-1")

    def run(span: Window, outcome: Outcome = Outcome.SUCCEEDED, lost: Window | None = None) -> object:
        keep(store, [str(span), str(lost)], collector=key[0], window=span, outcome=outcome, lost=lost)
        record(store)
        mark = store.watermark(*key)
        return mark and (mark - START) / timedelta(hours=1)

    with either.open() as store:
        assert store.watermark(*key) is None
        assert run(window(0, 2), Outcome.PARTIAL) is None
        assert run(window(0, 2), Outcome.FAILED) is None
        assert run(window(0, 2)) == 2
        assert run(window(3, 4)) == 2
        assert run(window(2, 3), Outcome.PARTIAL) == 2
        assert run(window(0, 1)) == 2
        assert run(window(2, 3)) == 3
        assert run(window(2, 5)) == 5
        assert run(window(8, 9), lost=window(6, 8)) == 5
        assert run(window(8, 9), lost=window(5, 7)) == 5
        assert run(window(8, 9), Outcome.PARTIAL, lost=window(5, 8)) == 5
        assert run(window(8, 9), lost=window(5, 8)) == 9
        assert store.watermarks() == {key: START + timedelta(hours=9)}


def test_attempts_count_failures_since_the_last_success(either: Place) -> None:
    with either.open() as store:
        for hour, outcome in enumerate([Outcome.FAILED, Outcome.PARTIAL, Outcome.SUCCEEDED, Outcome.FAILED]):
            keep(store, outcome=outcome, started_at=START + timedelta(hours=hour))
            record(store)
            (attempt,) = store.attempts()
            assert (attempt.at, attempt.outcome) == (START + timedelta(hours=hour), outcome)
            assert attempt.failures == [1, 2, 0, 1][hour]


def test_what_derive_writes_is_seen_with_the_rows_or_not_at_all(either: Place) -> None:
    def derive(session: Session, rows: list[ArtifactRow]) -> None:
        for row in rows:
            session.add(Outbox(key=row.id, route="mail", body=b"{}", created_at=row.recorded_at))

    def fail(session: Session, rows: list[ArtifactRow]) -> None:
        derive(session, rows)
        session.flush()
        raise StoreError("the rules stumbled")

    with either.open() as store:
        name = keep(store, ["a"])
        with pytest.raises(StoreError, match="stumbled"):
            store.sequence(fail)
        with store.reading() as session:
            assert session.get(Outbox, 1) is None
        assert store.artifacts() == []
        assert store.pending() == 1
        assert [row.id for row in record(store, derive)] == [name]
        with store.reading() as session:
            row = session.get(Outbox, 1) or session.get(Outbox, 2)
            assert row is not None
            assert row.key == name


def test_void_never_deletes(either: Place) -> None:
    with either.open() as store:
        name, other = keep(store, ["a"]), keep(store, ["b"])
        record(store)
        seen: list[str] = []
        either.now = START + timedelta(days=1)
        row = store.void(name, "read from the wrong account", "A. Auditor", lambda _s, rows: seen.extend(
            one.id for one in rows))
        assert (row.voided_at, row.void_reason, row.voided_by) == (
            either.now, "read from the wrong account", "A. Auditor")
        assert seen == [name]
        assert list(store.open_artifact(name).records())
        assert [one.id for one in store.artifacts(voided=False)] == [other]
        assert len(store.artifacts(voided=False, as_of=START)) == 2
        either.now = START + timedelta(days=2)
        assert store.void(name, "again", "B").voided_at == START + timedelta(days=1)
        for reason, by in (("", "x"), ("x", " "), ("x" * 600, "x"), ("x", "x" * 600), ("a\nb", "x"), ("x", "\0")):
            with pytest.raises(StoreError):
                store.void(other, reason, by)
        assert store.check(deep=True) == []


def test_a_long_reason_fits_its_leaf(place: Place) -> None:
    with place.open() as store:
        name = keep(store, ["a"])
        record(store)
        store.void(name, '"' * 250, "\N{LATIN SMALL LETTER O WITH DIAERESIS}" * 46)
        assert store.check(deep=True) == []


def test_expectations_open_and_close(either: Place) -> None:
    def boundary(name: str, *regions: str) -> Boundary:
        return Boundary("prod", "aws", name, regions=regions)

    with either.open() as store:
        store.expect("prod", [boundary("1", "eu-west-1", "us-east-1")], START)
        store.expect("test", [boundary("9")], START)
        store.expect("prod", [boundary("1", "eu-west-1"), boundary("2")], START + timedelta(days=1))
        store.expect("prod", [boundary("1", "eu-west-1"), boundary("2")], START + timedelta(days=2))

        def told(day: float) -> set[tuple[str, str]]:
            return {(one.boundary, one.region) for one in store.expected("prod", START + timedelta(days=day))}

        assert told(-1) == set()
        assert told(0) == told(0.9) == {("1", ""), ("1", "eu-west-1"), ("1", "us-east-1")}
        assert told(1) == told(3) == {("1", ""), ("1", "eu-west-1"), ("2", "")}
        assert len(store.expected("prod")) == 4
        assert len(store.expected()) == 5


def test_versions_are_kept_when_they_change(either: Place) -> None:
    with either.open() as store:
        assert store.keep_version("mapping", "a", b"1", START)
        assert not store.keep_version("mapping", "a", b"1", START + timedelta(days=1))
        assert store.keep_version("mapping", "a", b"2", START + timedelta(days=2))
        assert store.keep_version("mapping", "a", b"1", START + timedelta(days=3))
        assert store.keep_version("soa", "a", b"1", START)
        assert [one.body for one in store.versions("mapping")] == [b"1", b"2", b"1"]
        assert [one.body for one in store.versions("mapping", "a", START + timedelta(days=2))] == [b"1", b"2"]
        assert store.versions("mapping", "b") == []


def test_summaries(either: Place) -> None:
    with either.open() as store:
        store.put_summaries("q1", {"a": b"1", "b": b"2"})
        store.put_summaries("q1", {"a": b"3"})
        store.put_summaries("q2", {"a": b"4"})
        assert store.summaries("q1") == {"a": b"3", "b": b"2"}
        assert store.summaries("q1", ["b", "c"]) == {"b": b"2"}


def test_an_abandoned_object_leaves_nothing(place: Place) -> None:
    with place.open() as store:
        writer = store.new_object("prod")
        writer.write(Record(Asset(id="a"), {}))
        writer.abandon()
        assert list(place.file("staging").iterdir()) == []


def test_a_reader_writes_nothing(place: Place) -> None:
    with place.open() as store:
        keep(store, ["a"])
        record(store)
        with place.open(writer=False) as reader:
            assert len(reader.artifacts()) == 1
            assert list(reader.open_artifact(reader.artifacts()[0].id).records())
            with pytest.raises(StoreError, match="read only"):
                reader.sequence(None)
            with pytest.raises(StoreError, match="read only"):
                keep(reader, ["b"])


def test_secrets_are_masked_before_they_are_kept(tmp_path: Path) -> None:
    place = Place(tmp_path, f"sqlite:///{tmp_path}/annexa.db", options={"mask_keys": ["internal pin"]})
    with place.open() as store:
        writer = store.new_object("prod")
        writer.write(Record(Asset(id="a"), {"MasterUserPassword": "hunter2-hunter2", "InternalPin": "4711-hidden"}))
        staged = writer.close()
        assert staged.masked == {"configured": 1, "password": 1}
        name = store.submit(staged, provenance(records=1, masked=staged.masked))
        (row,) = record(store)
        assert row.masked == 2
        (item,) = store.open_artifact(name).records()
        assert item["raw"] == {"MasterUserPassword": "[masked:password]", "InternalPin": "[masked:configured]"}


def _opened(store: Store, name: str) -> None:
    for _ in store.open_artifact(name).records():
        pass


@pytest.mark.parametrize("attack", ["flip", "cut", "empty", "swap", "gone", "append", "bomb"])
def test_a_changed_object_is_refused(place: Place, attack: str) -> None:
    with place.open() as store:
        name = keep(store, [f"i-{number}" for number in range(500)])
        keep(store, ["other"])
        row, other = record(store)
        file = place.file(row.path)
        data = file.read_bytes()
        file.chmod(0o644)
        plain = zstandard.ZstdDecompressor().decompressobj().decompress(data)
        changed = {
            "flip": data[:100] + bytes([data[100] ^ 1]) + data[101:], "cut": data[:-20], "empty": b"",
            "swap": place.file(other.path).read_bytes(), "append": zstandard.compress(plain + b"{}\n"),
            "bomb": zstandard.compress(bytes(1 << 26)),
        }
        if attack == "gone":
            file.unlink()
        else:
            file.write_bytes(changed[attack])
        with pytest.raises(VerificationError):
            _opened(store, name)
        problems = store.check(deep=True)
        assert {problem.kind for problem in problems} == {"object"}
        assert {problem.subject for problem in problems} == {name}


@pytest.mark.parametrize("attack", ["gone", "other", "resigned", "cut"])
def test_a_changed_envelope_is_refused(place: Place, attack: str) -> None:
    from agent.seal import open_envelope, seal_envelope
    from agent.seal.signing import CryptoSigner

    with place.open() as store:
        name, other = keep(store, ["a"]), keep(store, ["b"])
        record(store)
        files = [place.file(f"envelopes/{one[7:9]}/{one[7:]}.json") for one in (name, other)]
        data = files[0].read_bytes()
        files[0].chmod(0o644)
        if attack == "gone":
            files[0].unlink()
        elif attack == "other":
            files[0].write_bytes(files[1].read_bytes())
        elif attack == "cut":
            files[0].write_bytes(data[:-5])
        else:
            payload = open_envelope(data, [store.keys.public])
            files[0].write_bytes(seal_envelope(payload, CryptoSigner.generate_ed25519()))
        with pytest.raises(VerificationError):
            _opened(store, name)
        assert [(one.kind, one.subject) for one in store.check(deep=False)] == [("envelope", name)]


def test_hostile_texts_are_kept(either: Place) -> None:
    with either.open() as store:
        writer = store.new_object("prod")
        writer.write(Record(Asset(id="\0\ud800'; DROP TABLE artifact; --"), {"\ud800": "\x1b[31m"}))
        staged = writer.close()
        name = store.submit(staged, provenance(records=1, error="cut\0off \ud800", notes=("\0",)))
        (row,) = record(store)
        assert row.error == "cut\N{REPLACEMENT CHARACTER}off ?"
        (item,) = store.open_artifact(name).records()
        assert item["record"]["id"] == "\0?'; DROP TABLE artifact; --"
        assert store.check(deep=True) == []
