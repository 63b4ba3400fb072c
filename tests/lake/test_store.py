"""The lake over a real store: on this disk, and in a bucket served over HTTP."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import duckdb
import pytest
import zstandard
from moto.server import ThreadedMotoServer
from sqlalchemy import text

from agent.collector import Record
from agent.errors import VerificationError
from agent.lake.bench import Bench
from agent.lake.beside import BesideDesk
from agent.lake.checks import run_checks
from agent.lake.compact import Compacted, Month
from agent.lake.desk import Asked as Wish
from agent.lake.judged import Population as Judged
from agent.lake.pieces import Piece
from agent.lake.population import Wanted, gather, records
from agent.lake.query import Asked, Lake
from agent.lake.shelf import Shelf
from agent.lake.summary import population, summarise
from agent.model import KINDS, Account, BackupTest, Outcome, Provenance, Row, Window
from agent.store import Store
from tests.lake.made import check, day, requirement, subjects


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["local", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    url, options = str(tmp_path / "artifacts"), {}
    if request.param == "s3":
        endpoint = request.getfixturevalue("bucket")
        for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(key, "x")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        name = "b" + hashlib.sha256(str(tmp_path).encode()).hexdigest()[:20]
        boto3.client("s3", endpoint_url=endpoint).create_bucket(Bucket=name)
        url, options = f"s3://{name}/evidence", {"endpoint": endpoint, "client_options": {"allow_http": True}}
    ticks = iter(range(10_000))
    data = tmp_path / "data"
    with Store.open(f"sqlite:///{data}/annexa.db", url, data=data, writer=True, artifacts_options=options,
                    clock=lambda: day(100) + timedelta(seconds=next(ticks))) as opened:
        yield opened


def keep(store: Store, rows: list[Row], at: datetime, outcome: Outcome = Outcome.SUCCEEDED, **facts: Any) -> str:
    writer = store.new_object("prod")
    for row in rows:
        writer.write(Record(row, {"Name": row.id}))
    given: dict[str, Any] = {"boundary": "1", "region": "eu"} | facts
    artifact = store.submit(writer.close(), Provenance(
        collector="x.y", collector_version="1", kind=rows[0].kind, scope="prod", window=None, identity="me",
        source="provider", started_at=at, finished_at=at, outcome=outcome, records=len(rows), **given))
    store.sequence()
    return artifact


def ask(lake: Lake, sql: str, **asked: Any) -> list[tuple[Any, ...]]:
    with lake.query(sql, Asked(**asked)) as result:
        return [row for batch in result.batches for row in batch]


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


FAILING = requirement("account", checks=(check("SELECT id FROM records WHERE NOT mfa"),), subjects=subjects("id", "account"))
FORGED = b'{"record":{"id":"u","mfa":true},"raw":{}}\n'


def pieces(store: Store, room: Path) -> list[Piece]:
    return Shelf(store, room).pieces("account")


def beside(store: Store, room: Path) -> Any:
    desk = BesideDesk(room)
    try:
        return desk.summaries(pieces(store, room)[0], [Wish(FAILING)])
    finally:
        desk.close()


def gathered(store: Store, room: Path) -> int:
    period = Window(day(0), day(9))
    with gather(Wanted(kind="account", pieces=pieces(store, room), period=period, as_of=day(9)), room) as found:
        return found.size


ASKED: dict[str, Callable[[Store, Path], Any]] = {
    "query": lambda store, room: ask(Lake(Shelf(store, room), room), "FROM account"),
    "query_raw": lambda store, room: ask(Lake(Shelf(store, room), room), "FROM account_raw"),
    "check": lambda store, room: run_checks(FAILING, Judged("account", pieces(store, room), day(9)), bench=Bench(room)),
    "summary": lambda store, room: summarise(pieces(store, room)[0], FAILING, bench=Bench(room)),
    "subjects": lambda store, room: population(pieces(store, room), subjects("id", "account"), bench=Bench(room)),
    "beside": beside,
    "population": gathered,
    "content": lambda store, room: records(pieces(store, room)[0], {1}),
}


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
