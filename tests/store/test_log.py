"""The published log: its files by the specification, what is never signed, and the catalog made again from it."""

from __future__ import annotations

import hashlib
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from agent.errors import StoreError
from agent.model import Outcome
from agent.store import Store
from tests.fixtures.store import START, Place, keep, record, window
from tests.seal.test_merkle import mth
from tests.seal.test_note import read_note


def leaves(place: Place, size: int) -> list[bytes]:
    """Read the entries of the log from its bundles, whole or partial, as the specification lays them out."""
    found: list[bytes] = []
    for index in range(-(-size // 256)):
        width = min(256, size - index * 256)
        name = f"log/tile/entries/{index:03}" + (f".p/{width}" if width < 256 else "")
        data = place.file(name).read_bytes()
        while data:
            length = int.from_bytes(data[:2], "big")
            found.append(data[2 : 2 + length])
            data = data[2 + length :]
    return found


def published(place: Place) -> tuple[int, str]:
    """Return size and root of the checkpoint, verified with the published verifier key."""
    lines = read_note(place.file("log/checkpoint").read_bytes(), place.file("log/verifier-key").read_text().strip())
    return int(lines[1]), lines[2]


def test_the_files_of_a_log_of_600_leaves(place: Place) -> None:
    import base64

    with place.open() as store:
        for number in range(600):
            keep(store, [str(number)])
            if number in {0, 99, 255, 256, 510}:
                record(store)
        record(store)
    size, root = published(place)
    entries = leaves(place, size)
    assert size == len(entries) == 600
    assert base64.b64decode(root) == mth(entries)
    hashed = [hashlib.sha256(b"\0" + entry).digest() for entry in entries]
    assert place.file("log/tile/0/000").read_bytes() == b"".join(hashed[:256])
    assert place.file("log/tile/0/002.p/88").read_bytes() == b"".join(hashed[512:])
    assert place.file("log/tile/1/000.p/2").read_bytes() == mth(entries[:256]) + mth(entries[256:512])
    assert not list(place.file("log/tile/0").glob("000.p/*"))
    assert all(len(entry) < 1024 for entry in entries)


def test_the_origin_names_organization_and_store(place: Place) -> None:
    with place.open() as store:
        keep(store)
        record(store)
    name, kind, identity = place.file("log/checkpoint").read_text().splitlines()[0].split("/")
    assert (name, kind, len(identity)) == ("example-ltd", "annexa", 16)


def _snapshot(place: Place, name: str) -> Path:
    copy = place.data / name
    shutil.copytree(place.data / "artifacts" / "log", copy / "log")
    shutil.copy(place.data / "annexa.db", copy / "annexa.db")
    return copy


def _filled(place: Place) -> Path:
    """Record, snapshot, record more; return the snapshot."""
    with place.open() as store:
        keep(store, ["a"])
        record(store)
    copy = _snapshot(place, "before")
    with place.open() as store:
        keep(store, ["b"])
        record(store)
    return copy


def test_a_catalog_from_an_old_backup_signs_nothing(place: Place) -> None:
    old = _filled(place)
    checkpoint = place.file("log/checkpoint").read_bytes()
    shutil.copy(old / "annexa.db", place.data / "annexa.db")
    with pytest.raises(StoreError, match="do not belong together") as caught, place.open():
        pass
    assert "rebuild" in caught.value.advice
    assert place.file("log/checkpoint").read_bytes() == checkpoint


def test_a_log_that_was_set_back_is_noticed(place: Place) -> None:
    old = _filled(place)
    shutil.copy(old / "log" / "checkpoint", place.file("log/checkpoint"))
    with pytest.raises(StoreError, match="do not belong together"), place.open():
        pass
    place.file("log/checkpoint").unlink()
    with pytest.raises(StoreError, match="do not belong together"), place.open():
        pass


@pytest.mark.parametrize("change", [
    "UPDATE leaf SET hash = zeroblob(32) WHERE \"index\" = 1", "DELETE FROM leaf WHERE \"index\" = 1",
    "UPDATE tree SET published_hashes = zeroblob(32), published_size = 1",
    "UPDATE tree SET hashes = zeroblob(32)",
])
def test_a_changed_catalog_signs_nothing(place: Place, change: str) -> None:
    _filled(place)
    with place.open() as store:
        keep(store, ["c"])
        with store.transaction() as session:
            session.connection().execute(text(change))
        checkpoint = place.file("log/checkpoint").read_bytes()
        with pytest.raises((StoreError, ValueError)):
            record(store)
    assert place.file("log/checkpoint").read_bytes() == checkpoint


def test_a_checkpoint_of_another_key_is_noticed(place: Place) -> None:
    _filled(place)
    note = place.file("log/checkpoint")
    note.write_bytes(note.read_bytes().replace(b"\n2\n", b"\n1\n"))
    with pytest.raises(StoreError, match="no signature"), place.open():
        pass


def test_what_was_recorded_and_not_published_is_published_later(place: Place) -> None:
    with place.open() as store:
        keep(store, ["a"])
        record(store)
        block = place.file("log/tile")
        block.rename(place.file("log/kept"))
        block.write_text("in the way")
        keep(store, ["b"])
        assert len(record(store)) == 1
        assert published(place)[0] == 1
        block.unlink()
        place.file("log/kept").rename(block)
        assert store.sequence(None) == []
        assert published(place)[0] == 2
        assert store.check(deep=True) == []


def test_another_writer_fences_this_one_off(place: Place) -> None:
    with place.open() as store:
        keep(store, ["a"])
        with store.transaction() as session:
            session.connection().execute(text("UPDATE tree SET epoch = epoch + 1"))
        with pytest.raises(StoreError, match="taken this store over"):
            store.sequence(None)
        assert store.pending() == 1


def _dump(store: Store) -> list[object]:
    return [
        [row.model_dump() for row in store.recorded()], store.watermarks(),
        sorted(str(sorted(one.model_dump().items())) for one in store.attempts()),
    ]


def test_rebuild(either: Place, tmp_path: Path) -> None:
    with either.open() as store:
        for hour in range(5):
            either.now = START + timedelta(hours=hour)
            keep(store, [str(hour)], window=window(hour, hour + 1), started_at=either.now,
                 outcome=Outcome.PARTIAL if hour == 3 else Outcome.SUCCEEDED)
            record(store)
        store.void(store.artifacts()[0].id, "typo", "A")
        before = _dump(store)
        waiting = keep(store, ["not in the log yet"], started_at=START + timedelta(days=1))
    checkpoint = either.file("log/checkpoint").read_bytes()
    told: list[tuple[int, int]] = []
    fresh = Place(either.data, f"sqlite:///{tmp_path}/again.db", now=START + timedelta(days=2))
    result = Store.rebuild(
        fresh.database, str(either.data / "artifacts"), data=either.data, clock=lambda: fresh.now,
        progress=lambda done, total: told.append((done, total)),
    )
    assert (result.artifacts, result.voided, result.pending, result.problems) == (5, 1, 1, [])
    assert told[-1] == (6, 6)
    with fresh.open() as store:
        assert _dump(store) == before
        assert either.file("log/checkpoint").read_bytes() == checkpoint
        (row,) = record(store)
        assert (row.id, row.leaf) == (waiting, 6)
        assert store.check(deep=True) == []


def test_rebuild_refuses_a_catalog_that_is_not_empty(place: Place) -> None:
    _filled(place)
    with pytest.raises(StoreError, match="not empty") as caught:
        Store.rebuild(place.database, str(place.data / "artifacts"), data=place.data, clock=lambda: START)
    assert "Move the database away" in caught.value.advice


def _again(place: Place) -> list[str]:
    (place.data / "annexa.db").rename(place.data / "old.db")
    return Store.rebuild(
        place.database, str(place.data / "artifacts"), data=place.data, clock=lambda: START
    ).problems


def test_rebuild_names_what_is_lost(place: Place) -> None:
    _filled(place)
    with place.open(writer=False) as store:
        first, second = store.recorded()
    place.file(f"envelopes/{first.id[7:9]}/{first.id[7:]}.json").unlink()
    place.file(second.path).unlink()
    problems = _again(place)
    assert len(problems) == 2
    assert first.id in problems[0]
    assert second.path in problems[1]
    with place.open() as store:
        assert [row.id for row in store.recorded()] == [second.id]


@pytest.mark.parametrize("attack", ["entry", "cut", "checkpoint"])
def test_rebuild_believes_only_the_signed_log(place: Place, attack: str) -> None:
    _filled(place)
    file = place.file("log/checkpoint" if attack == "checkpoint" else "log/tile/entries/000.p/2")
    data = file.read_bytes()
    file.write_bytes({
        "entry": data.replace(b"2026-03-01", b"2025-03-01"), "cut": data[: 2 + int.from_bytes(data[:2], "big")],
        "checkpoint": data.replace(b"\n2\n", b"\n3\n"),
    }[attack])
    with pytest.raises(StoreError, match="cannot be trusted"):
        _again(place)


def test_check_finds_what_nobody_recorded(place: Place) -> None:
    _filled(place)
    with place.open() as store:
        place.file("objects/0000/aa").mkdir(parents=True)
        place.file("objects/0000/aa/stray").write_bytes(b"x")
        place.file("log/tile/0/000.p/2").write_bytes(bytes(64))
        assert {(one.kind, one.subject) for one in store.check(deep=True)} == {
            ("orphan", "objects/0000/aa/stray"), ("log", "tile 0/0"),
        }
        assert {one.kind for one in store.check(deep=False)} == {"orphan"}


@pytest.mark.parametrize(("change", "kind"), [
    ("UPDATE artifact SET outcome = 'partial' WHERE leaf = 0", "row"),
    ("UPDATE artifact SET recorded_at = recorded_at - 1 WHERE leaf = 0", "row"),
    ("UPDATE artifact SET collected_at = 5 WHERE leaf = 0", "row"),
    ("UPDATE leaf SET entry = x'00' WHERE \"index\" = 0", "log"),
])
def test_check_finds_a_changed_row(place: Place, change: str, kind: str) -> None:
    _filled(place)
    with place.open() as store:
        with store.transaction() as session:
            session.connection().execute(text(change))
        assert kind in {one.kind for one in store.check(deep=True)}
