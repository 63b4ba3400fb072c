"""A store under the lake: on this disk or in a bucket served over HTTP, and every question that reads records of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import boto3

from agent.collector import Record
from agent.lake.bench import Bench
from agent.lake.beside import BesideDesk
from agent.lake.checks import run_checks
from agent.lake.desk import Asked as Wish
from agent.lake.judged import Population as Judged
from agent.lake.pieces import Piece
from agent.lake.population import Wanted, gather, records
from agent.lake.query import Asked, Lake
from agent.lake.shelf import Shelf
from agent.lake.summary import population, summarise
from agent.model import Outcome, Provenance, Row, Window
from agent.store import Store
from tests.lake.made import check, day, requirement, subjects

PLACES = ["local", "s3"]


@contextmanager
def opened(folder: Path, endpoint: str = "", **more: Any) -> Iterator[Store]:
    """Open a store to write, in a bucket of its own where an endpoint is named; its clock goes on by a second a look."""
    url, options = str(folder / "artifacts"), {}
    if endpoint:
        name = "b" + hashlib.sha256(str(folder).encode()).hexdigest()[:20]
        boto3.client("s3", endpoint_url=endpoint).create_bucket(Bucket=name)
        url, options = f"s3://{name}/evidence", {"endpoint": endpoint, "client_options": {"allow_http": True}}
    ticks = iter(range(10_000))
    data = folder / "data"
    with Store.open(f"sqlite:///{data}/annexa.db", url, data=data, writer=True, artifacts_options=options,
                    clock=lambda: day(100) + timedelta(seconds=next(ticks)), **more) as store:
        yield store


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


FAILING = requirement("account", checks=(check("SELECT id FROM records WHERE NOT mfa"),), subjects=subjects("id", "account"))


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
