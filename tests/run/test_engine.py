"""The engine on a real store: bounds, failures, the stop, and what it holds in memory."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from agent.collector import Record, Run
from agent.errors import StoreError
from agent.model import Asset, Outcome, Task
from agent.run import Bounds
from tests.assembly.company import REGIONS, Company, restore
from tests.lab.aws import faults
from tests.run.synthetic import NOW, Works, things, works

ROOT = Path(__file__).parents[2]


class Watch:
    """Counts what runs at the same time, and the most of it that ever did."""

    def __init__(self) -> None:
        self.most: Counter[tuple[str, ...]] = Counter()
        self._now: Counter[tuple[str, ...]] = Counter()
        self._lock = threading.Lock()

    def collector(self, name: str) -> Callable[[Run[Any]], Iterator[Record]]:
        def collect(run: Run[Any]) -> Iterator[Record]:
            scope = run.boundary.scope
            places = (
                ("total",), ("scope", scope), ("region", scope, run.region), ("collector", name),
                ("task", name, scope, run.region),
            )
            self._count(places, 1)
            time.sleep(0.1)
            yield from things("a")(run)
            self._count(places, -1)

        return collect

    def _count(self, places: tuple[tuple[str, ...], ...], by: int) -> None:
        with self._lock:
            for place in places:
                self._now[place] += by
                self.most[place] = max(self.most[place], self._now[place])


WIDE = {"total": 24, "scope": 24, "region": 24, "collector": 24}


@pytest.mark.parametrize(("place", "bound"), [("total", 7), ("scope", 5), ("region", 2), ("collector", 3)])
def test_each_bound_holds_and_is_used(tmp_path: Path, place: str, bound: int) -> None:
    watch, names = Watch(), ("a", "b", "c", "d")
    with works(tmp_path, {name: watch.collector(name) for name in names}, scopes=("x", "y"),
               regions=("r-1", "r-2", "r-3"), bounds=Bounds(**{**WIDE, place: bound})) as firm:
        results = firm.engine.run(firm.tasks)
        assert len({one.task.key for one in results}) == len(results) == 24
        assert {one.outcome for one in results} == {Outcome.SUCCEEDED}
        assert count(firm) == 24
    assert max(most for where, most in watch.most.items() if where[0] == place) == bound
    assert max(most for where, most in watch.most.items() if where[0] == "task") == 1


def test_the_same_task_twice_runs_one_after_the_other(tmp_path: Path) -> None:
    watch = Watch()
    with works(tmp_path, {"a": watch.collector("a")}) as firm:
        assert len(firm.engine.run(firm.tasks * 3)) == 3
    assert watch.most["task", "a", "prod", "r-1"] == 1


def test_a_denied_region_is_a_failed_run_and_the_others_stand(firm: Company) -> None:
    firm.restores(restore("r-1", NOW))
    firm.double.fault("backup.list_restore_jobs", faults.denied_by_scp(), region=REGIONS[1])
    results = {one.task.region: one for one in firm.collect()}
    assert {region: str(one.outcome) for region, one in results.items()} == {
        REGIONS[0]: "succeeded", REGIONS[1]: "failed",
    }
    (lacking,) = results[REGIONS[1]].lacking
    assert (lacking.reason, lacking.permission) == ("denied", "backup:ListRestoreJobs")
    with firm.app(writer=False) as app:
        attempts = {one.region: (one.outcome, one.failures) for one in app.store.attempts()}
        said = app.store.open_artifact(results[REGIONS[1]].artifact).provenance
    assert attempts == {REGIONS[0]: ("succeeded", 0), REGIONS[1]: ("failed", 1)}
    assert (said.outcome, said.records, said.lacking) == (Outcome.FAILED, 0, (lacking,))


def broken(_run: Run[Any]) -> Iterator[Record]:
    yield Record(Asset(id="a"), {"name": "a"})
    raise ZeroDivisionError("first line\nsecond line")


def leaving(_run: Run[Any]) -> Iterator[Record]:
    yield Record(Asset(id="a"), {"name": "a"})
    sys.exit("bye")


@pytest.mark.parametrize(("collect", "said"), [
    (broken, "lab.bad failed: ZeroDivisionError: first line second line."),
    (leaving, "lab.bad failed: SystemExit: bye."),
    (lambda _run: None, "lab.bad failed: TypeError: 'NoneType' object is not iterable."),
])
def test_a_defective_collector_is_a_failed_run_with_one_line_and_a_trace_in_the_log(
    tmp_path: Path, collect: Any, said: str
) -> None:
    with works(tmp_path, {"bad": collect, "good": things("a")}) as firm, capture_logs() as logs:
        results = {one.task.collector: one for one in firm.engine.run(firm.tasks)}
        sealed = firm.store.open_artifact(results["lab.bad"].artifact).provenance
    assert results["lab.good"].outcome is Outcome.SUCCEEDED
    assert (results["lab.bad"].outcome, sealed.outcome) == (Outcome.FAILED, Outcome.FAILED)
    assert sealed.error == results["lab.bad"].error
    assert results["lab.bad"].error.startswith(said)
    assert "\n" not in results["lab.bad"].error
    (log,) = [one for one in logs if one["log_level"] == "error"]
    assert log["collector"] == "lab.bad"
    assert log["exc_info"], "the log has the trace"


def test_a_stop_ends_what_is_under_way_as_sealed_partial_runs(tmp_path: Path) -> None:
    begun = threading.Semaphore(0)

    def endless(run: Run[Any]) -> Iterator[Record]:
        def pages() -> Iterator[list[str]]:
            for number in range(100_000):
                if number == 2:
                    begun.release()
                time.sleep(0.005)
                yield [f"{run.region}-{number}"]

        for name in run.client.pages(pages()):
            yield Record(Asset(id=name), {"name": name})

    regions = ("r-1", "r-2", "r-3")
    with works(tmp_path, {"endless": endless}, regions=regions, bounds=Bounds(total=2)) as firm:
        def stop() -> None:
            begun.acquire()
            begun.acquire()
            firm.engine.stop.set()

        threading.Thread(target=stop).start()
        results = firm.engine.run(firm.tasks)
        assert [str(one.outcome) for one in results] == ["partial", "partial"], "the third has not begun"
        assert firm.store.pending() == 0
        for one in results:
            opened = firm.store.open_artifact(one.artifact)
            assert "interrupted" in {lacking.reason for lacking in opened.provenance.lacking}
            assert opened.provenance.records == len(list(opened.records())) >= 2
        assert {row.id for row in firm.store.recorded()} == {one.artifact for one in results}


def test_a_store_that_fails_ends_the_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with works(tmp_path, {"a": things("a"), "b": things("b")}, regions=("r-1", "r-2")) as firm:
        def full(*_: Any) -> str:
            raise StoreError("the disk is full")

        monkeypatch.setattr(firm.store, "submit", full)
        with pytest.raises(StoreError, match="disk is full"):
            firm.engine.run(firm.tasks)
        assert firm.engine.stop.is_set(), "what was under way is told to end"


def count(firm: Works) -> int:
    return len(list(firm.store.recorded()))


def serving(firm: Works) -> threading.Thread:
    thread = threading.Thread(target=firm.engine.serve, daemon=True)
    thread.start()
    return thread


def until(true: Callable[[], bool], seconds: float = 10) -> None:
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, "it never came true"
        time.sleep(0.01)


def test_what_has_ended_is_recorded_also_while_nothing_more_is_due(tmp_path: Path) -> None:
    with works(tmp_path, {"a": things("a")}) as firm:
        thread = serving(firm)
        until(lambda: bool(firm.engine.offer(firm.tasks)))
        until(lambda: count(firm) == 1)
        until(lambda: bool(firm.engine.offer(firm.tasks)))
        until(lambda: count(firm) == 2)
        firm.engine.stop.set()
        thread.join(10)
        assert not thread.is_alive()


def test_a_task_is_not_taken_again_until_its_run_is_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with works(tmp_path, {"a": things("a")}) as firm:
        held, real = threading.Event(), firm.store.sequence

        def sequence(derive: Any) -> Any:
            if firm.store.pending():
                held.wait()
            return real(derive)

        monkeypatch.setattr(firm.store, "sequence", sequence)

        def due() -> Iterator[Task]:
            known = {(one.collector, one.region) for one in firm.store.attempts()}
            yield from (task for task in firm.tasks if (task.collector, task.region) not in known)

        thread = serving(firm)
        assert firm.engine.offer(due()) == 1
        until(lambda: firm.store.pending() == 1)
        for _ in range(20):
            firm.engine.offer(due())
            time.sleep(0.01)
        held.set()
        until(lambda: firm.store.pending() == 0 and count(firm) >= 1)
        for _ in range(50):
            firm.engine.offer(due())
            time.sleep(0.01)
        firm.engine.stop.set()
        thread.join(10)
        assert count(firm) == 1


MEMORY = """
import resource, sys, weakref
from pathlib import Path
from agent.collector import Record
from agent.model import Asset
from tests.bench.peak import peak_mb
from tests.run.synthetic import works

PAGE, PAGES = 1000, int(sys.argv[2])
alive = weakref.WeakSet()
most = 0

class Item(dict):
    __hash__ = object.__hash__

def page(number):
    made = [Item(name=f"{number}-{item}", text="x" * 500) for item in range(PAGE)]
    alive.update(made)
    return made

def collect(run):
    global most
    for item in run.client.pages(page(number) for number in range(PAGES)):
        most = max(most, len(alive))
        yield Record(Asset(id=item["name"]), item)

with works(Path(sys.argv[1]), {"many": collect}) as firm:
    (result,) = firm.engine.run(firm.tasks)
    assert result.outcome == "succeeded", result.error
    print(result.records, most, int(peak_mb() * 1024))
"""


def test_never_more_than_a_page_is_held(tmp_path: Path) -> None:
    peak = {}
    for pages in (10, 200):
        folder = tmp_path / str(pages)
        folder.mkdir()
        done = subprocess.run(
            [sys.executable, "-c", MEMORY, folder, str(pages)], cwd=ROOT, capture_output=True, text=True, check=False,
        )
        assert done.returncode == 0, done.stderr
        records, most, peak[pages] = map(int, done.stdout.split()[-3:])
        assert records == pages * 1000
        assert most <= 1001, "the page that came, and the last item of the one before"
    assert peak[200] <= peak[10] * 1.1
