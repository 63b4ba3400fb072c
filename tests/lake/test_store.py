"""The lake over a real store: on this disk, and in a bucket served over HTTP."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
import zstandard
from sqlalchemy import text

from agent.errors import VerificationError
from agent.lake.compact import Compacted, Month
from agent.lake.query import Lake
from agent.lake.shelf import Shelf
from agent.lake.summary import summarise
from agent.model import KINDS, Account, BackupTest, Outcome
from agent.store import Store
from tests.lake.made import day, requirement
from tests.lake.stored import ASKED, ask, keep


def compact(store: Store, directory: Path) -> list[Month]:
    shelf, held = Shelf(store, directory), Compacted(directory)
    return [month for kind in KINDS for month in held.compact(shelf.pieces(kind))]


def test_questions_summaries_and_compaction_over_a_store(store: Store, tmp_path: Path) -> None:
    directory = tmp_path / "data" / "lake"
    for at in range(5):
        keep(store, [Account(id=f"u{at}-{n}", mfa=n == 0) for n in range(at + 1)], day(at), region=f"r{at % 2}")
    keep(store, [Account(id="half")], day(9), outcome=Outcome.PARTIAL)
    wrong = keep(store, [Account(id="wrong")], day(8))
    assert ask(Lake(Shelf(store, directory), directory), "SELECT count(*) FROM account WHERE id = 'wrong'") == [(1,)]
    store.void(wrong, "taken by mistake", "ann")
    lake = Lake(Shelf(store, directory), directory)
    newest = [("r0", 5), ("r1", 4)]
    counted = "SELECT region, count(*) FROM account GROUP BY ALL ORDER BY ALL"
    assert ask(lake, counted) == newest
    assert ask(lake, "SELECT id, raw ->> '$.Name' FROM account_raw WHERE id = 'u4-3'") == [("u4-3", "u4-3")]
    assert ask(lake, "SELECT count(*) FROM account", everything=True) == [(15,)]
    assert len(compact(store, directory)) == 1
    assert compact(store, directory) == []
    assert ask(lake, counted) == newest
    assert ask(lake, "SELECT count(*) FROM account", everything=True) == [(15,)]


def test_a_summary_of_a_row(store: Store, tmp_path: Path) -> None:
    moments = [day(3), day(1) + timedelta(microseconds=7), None]
    keep(store, [BackupTest(id=f"j{n}", outcome="completed", occurred_at=at) for n, at in enumerate(moments)], day(4))
    (row,) = store.artifacts()
    piece = Shelf(store, tmp_path / "lake").piece(row)
    found = summarise(piece, requirement("backup_test", qualifies="outcome = 'completed'"))
    assert found.instants == (day(1) + timedelta(microseconds=7), day(3))


def test_what_comes_from_a_bucket_is_proven(store: Store, tmp_path: Path) -> None:
    keep(store, [Account(id="u")], day(1))
    (row,) = store.artifacts()
    if store.objects.local(row.path) is not None:
        assert Shelf(store, tmp_path / "lake").piece(row).fetch is None
        return
    store.objects.put(row.path, zstandard.compress(b'{"record":{"id":"forged"},"raw":{}}\n'), replace=True)
    lake = Lake(Shelf(store, tmp_path / "lake"), tmp_path / "lake")
    with pytest.raises(VerificationError, match="not what its digest names"):
        ask(lake, "FROM account")
    assert not [path for path in (tmp_path / "lake").rglob("*") if path.is_file()]


FORGED = b'{"record":{"id":"u","mfa":true},"raw":{}}\n'


def put(store: Store, path: str, data: bytes) -> None:
    """Overwrite an object as somebody does who may write where they lie."""
    store.objects.put(path, data, replace=True)


@pytest.mark.parametrize("asked", ASKED)
def test_nothing_is_answered_from_a_changed_object(store: Store, tmp_path: Path, asked: str) -> None:
    keep(store, [Account(id="u", mfa=False)], day(1))
    room = tmp_path / "lake"
    room.mkdir()
    ASKED[asked](store, room)  # untouched it answers; of a bucket a copy is kept here now
    (row,) = store.artifacts()
    forged = zstandard.compress(FORGED)
    put(store, row.path, forged)
    for copy in (room / "objects").glob("*"):
        copy.write_bytes(forged)
    with pytest.raises(VerificationError, match="not what its digest names"):
        ASKED[asked](store, room)


@pytest.mark.parametrize("asked", ASKED)
def test_a_changed_object_whose_row_was_changed_with_it_is_held_to_its_envelope(
    store: Store, tmp_path: Path, asked: str
) -> None:
    keep(store, [Account(id="u", mfa=False)], day(1))
    room = tmp_path / "lake"
    room.mkdir()
    (row,) = store.artifacts()
    digest = hashlib.sha256(FORGED).hexdigest()
    path = row.path.replace(row.object, digest)
    put(store, path, zstandard.compress(FORGED))
    with store.transaction() as session:
        session.connection().execute(text("UPDATE artifact SET object = :o, path = :p"), {"o": digest, "p": path})
    with pytest.raises(VerificationError, match="the catalog says otherwise of artifact"):
        ASKED[asked](store, room)


@pytest.mark.parametrize(("column", "value"), [
    ("region", "us"), ("scope", "other"), ("collected_at", 1), ("collector", "x.z"), ("boundary", "2")])
def test_records_are_not_told_of_another_run(store: Store, tmp_path: Path, column: str, value: Any) -> None:
    keep(store, [Account(id="u")], day(1))
    with store.transaction() as session:
        session.connection().execute(text(f"UPDATE artifact SET {column} = :v"), {"v": value})
    with pytest.raises(VerificationError, match="the catalog says otherwise of artifact"):
        ask(Lake(Shelf(store, tmp_path / "lake"), tmp_path / "lake"), "FROM account")


def test_proven_reads_no_parquet_that_anybody_could_write(store: Store, tmp_path: Path) -> None:
    directory = tmp_path / "lake"
    for at in range(4):
        keep(store, [Account(id=f"u{at}", mfa=False)], day(at), region=f"r{at}")
    (month,) = compact(store, directory)
    manifest = next(directory.rglob("manifest.json"))
    held = json.loads(manifest.read_bytes())
    forged = directory / "forged.parquet"
    duckdb.sql(f"COPY (SELECT * REPLACE (true AS mfa) FROM '{manifest.parent / held['parquet']}.parquet') "
               f"TO '{forged}' (FORMAT parquet)")
    digest = hashlib.sha256(forged.read_bytes()).hexdigest()
    forged.rename(manifest.parent / f"{digest}.parquet")
    manifest.write_text(json.dumps({**held, "parquet": digest}))
    lake = Lake(Shelf(store, directory), directory)
    counted = "SELECT count(*) FROM account WHERE mfa"
    assert ask(lake, counted) == [(4,)]  # what only a manifest vouches for is believed where nobody asks for more
    assert ask(lake, counted, proven=True) == [(0,)]
    assert month.kind == "account"
