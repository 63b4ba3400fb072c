"""Collectors that a test writes, over a provider that only hands out the witness, in an engine on a real store."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from agent.clients import Deadline, Expansion, InterruptedRunError, Witness
from agent.collector import Api, Collector, Header, Record, Run
from agent.model import Asset, Boundary, Task
from agent.registry import Registry
from agent.run import Bounds, Context, Engine, connect
from tests.fixtures.store import Place

NOW = datetime(2026, 8, 10, 9, 0, tzinfo=UTC)
LIST = "lab.list_things"
Collect = Callable[[Run[Any]], Iterator[Record]]


@dataclass
class Client:
    """What a synthetic collector calls: pages that it makes up itself, under the witness."""

    witness: Witness
    region: str

    def pages(self, pages: Iterable[list[Any]]) -> Iterator[Any]:
        """Yield the items of pages as a population; the agent may stop before each page."""
        reading = self.witness.begin(LIST, self.region, {}, population=True)
        for page in pages:
            if self.witness.stop.is_set():
                raise InterruptedRunError("the agent was stopped")
            reading.page(len(page), "r-1", 0)
            while page:
                reading.settle()
                reading.hand()
                yield page.pop()
        reading.finish()


@dataclass
class Lab:
    """A provider with one account a scope."""

    scope: str
    regions: tuple[str, ...]

    def expand(self) -> Expansion:
        return Expansion((Boundary(self.scope, "lab", f"account-{self.scope}", regions=self.regions),))

    def open(self, _boundary: Boundary, region: str, witness: Witness, _deadline: Deadline) -> Client:
        return Client(witness, region)

    def identity(self, _boundary: Boundary) -> str:
        return "lab:reader"

    def probe(self, _header: Header, _boundary: Boundary, _region: str) -> list[Any]:
        return []

    def clock(self) -> None:
        return None


def header(name: str) -> Header:
    return Header(
        id=f"lab.{name}", title=name, kind="asset", population="Every thing there is.", provider="lab", per="region",
        calls=(Api(LIST, ("lab:ListThings",)),),
    )


def things(*names: str) -> Collect:
    """Return a collector that yields assets of these names."""
    def collect(run: Run[Any]) -> Iterator[Record]:
        for name in run.client.pages([list(names)]):
            yield Record(Asset(id=name), {"name": name})

    return collect


@dataclass
class Works:
    """An engine over synthetic collectors; every task of them, and the store that they go to."""

    place: Place
    engine: Engine
    tasks: list[Task] = field(default_factory=list)

    @property
    def store(self) -> Any:
        return self.engine.context.store


@contextmanager
def works(
    folder: Path, collectors: Mapping[str, Collect], *, scopes: Iterable[str] = ("prod",),
    regions: tuple[str, ...] = ("r-1",), bounds: Bounds | None = None,
) -> Iterator[Works]:
    """Open a store with an engine over it; its clock moves a second at each look."""
    place = Place(folder, f"sqlite:///{folder}/annexa.db", now=NOW)
    lock = threading.Lock()

    def clock() -> datetime:
        with lock:
            place.now += timedelta(seconds=1)
            return place.now

    registry = Registry({f"lab.{name}": Collector(header(name), collect) for name, collect in collectors.items()})
    connected = connect([(name, "lab", partial(Lab, name, regions)) for name in scopes])
    boundaries = [one for scope in connected.values() for one in scope.expand()]
    with place.open() as store:
        context = Context(store=store, registry=registry, scopes=connected, clock=clock)
        engine = Engine(context=context, bounds=bounds or Bounds())
        tasks = [
            Task(name, one.scope, one.id, region)
            for one in boundaries for name in registry.collectors for region in one.regions
        ]
        yield Works(place, engine, tasks)
