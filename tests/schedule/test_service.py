"""The service in this process, with a clock that the test sets."""

from __future__ import annotations

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from agent.assembly.duties import AppDuties
from agent.collector import Record, Run
from agent.errors import AnnexaError, RetriableError, StoreError
from agent.model import Task
from agent.run import Engine
from agent.schedule import Service
from tests.assembly.company import NOW, REGIONS, Company
from tests.lab.aws import faults
from tests.run.synthetic import things, works

COLLECTOR = "aws.backup_restore_jobs"


def until(true: Callable[[], bool], seconds: float = 15) -> None:
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, "it never came true"
        time.sleep(0.01)


@dataclass
class Running:
    """A service on a thread, and what it raised."""

    service: Service
    thread: threading.Thread | None = None
    raised: list[AnnexaError] = field(default_factory=list)
    ticks: int = 0

    def start(self) -> None:
        real = self.service.health.ticked

        def ticked(now: datetime) -> None:
            real(now)
            self.ticks += 1

        object.__setattr__(self.service, "health", _Counting(self.service.health, ticked))

        def run() -> None:
            try:
                self.service.run()
            except AnnexaError as error:
                self.raised.append(error)

        self.thread = threading.Thread(target=run, daemon=True)
        self.thread.start()

    def after(self, ticks: int) -> None:
        """Wait for so many ticks more that came to their end."""
        wanted = self.ticks + ticks
        until(lambda: self.ticks >= wanted)

    def end(self) -> None:
        self.service.stop.set()
        if self.thread is None:
            return
        self.thread.join(15)
        assert not self.thread.is_alive()


class _Counting:
    def __init__(self, inner: Any, ticked: Callable[[datetime], None]) -> None:
        self.__dict__.update(_inner=inner, ticked=ticked)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._inner, name, value)


@contextmanager
def service(firm: Company, **more: Any) -> Iterator[Running]:
    """Run the service on the company's instant, ticking twenty times a second."""
    with firm.app() as app:
        running = Running(Service(duties=AppDuties(app), clock=lambda: firm.now, port=0, tick_seconds=0.05, **more))
        running.start()
        try:
            yield running
        finally:
            running.end()


def rows(firm: Company) -> list[tuple[str, datetime]]:
    with firm.app(writer=False) as app:
        return sorted((row.region, row.collected_at) for row in app.store.artifacts())


def test_a_long_downtime_brings_each_task_once(firm: Company) -> None:
    with service(firm) as running:
        running.after(5)
    assert rows(firm) == [(region, NOW) for region in REGIONS]
    firm.now = NOW + timedelta(days=400)
    with service(firm) as running:
        running.after(20)
    assert rows(firm) == sorted((region, at) for region in REGIONS for at in (NOW, firm.now))


def test_tasks_come_when_their_interval_has_passed_and_not_before(firm: Company) -> None:
    with service(firm) as running:
        running.after(5)
        firm.now = NOW + timedelta(hours=22)
        running.after(5)
        assert len(rows(firm)) == 2, "a day less its jitter is not over"
        firm.now = NOW + timedelta(days=1)
        until(lambda: len(rows(firm)) == 4)
        running.after(5)
    assert rows(firm) == sorted((region, at) for region in REGIONS for at in (NOW, NOW + timedelta(days=1)))


def test_a_failed_run_is_tried_again_after_five_minutes(firm: Company) -> None:
    firm.regions = REGIONS[:1]
    firm.double.fault("backup.list_restore_jobs", faults.denied(times=1))
    with service(firm) as running:
        running.after(5)
        firm.now = NOW + timedelta(minutes=4, seconds=59)
        running.after(5)
        assert len(rows(firm)) == 1
        firm.now = NOW + timedelta(minutes=5)
        until(lambda: len(rows(firm)) == 2)
    with firm.app(writer=False) as app:
        assert [(one.outcome, one.failures) for one in app.store.attempts()] == [("succeeded", 0)]


def test_a_scope_that_was_not_reached_is_asked_again_soon(firm: Company) -> None:
    firm.double.fault("sts.get_caller_identity", faults.expired_credentials())
    with service(firm, unreached_seconds=0.1) as running:
        running.after(5)
        firm.double.reset()
        running.after(10)
        firm.now = NOW + timedelta(minutes=5)
        until(lambda: {region for region, _ in rows(firm)} >= set(REGIONS))
    with firm.app(writer=False) as app:
        assert {row.outcome for row in app.store.artifacts() if row.region} == {"succeeded"}


class Duties:
    """Duties of a test: an engine over synthetic collectors, whose tasks are always due."""

    def __init__(self, engine: Engine, tasks: list[Task]) -> None:
        self.made, self.tasks = engine, tasks
        self.slow = 0.0
        self.fails: Exception | None = None
        self.began: list[float] = []
        self.inside = self.most = 0

    def engine(self, stop: threading.Event) -> Engine:
        self.made.stop = stop
        return self.made

    def expand(self) -> bool:
        return True

    def due(self, _now: datetime) -> Iterator[Task]:
        yield from self.tasks

    def notice(self, _now: datetime) -> int:
        self.inside += 1
        self.most = max(self.most, self.inside)
        self.began.append(time.monotonic())
        time.sleep(self.slow)
        self.inside -= 1
        if self.fails is not None:
            raise self.fails
        return 0

    def deliver(self, _now: datetime) -> int:
        return 0

    def reload(self) -> None:
        raise AssertionError("nobody asked")


@contextmanager
def synthetic(folder: Path, collect: Any) -> Iterator[tuple[Duties, Running]]:
    with works(folder, {"a": collect}) as firm:
        duties = Duties(firm.engine, firm.tasks)
        running = Running(Service(duties=duties, clock=firm.engine.context.clock, port=0, tick_seconds=0.05))
        try:
            yield duties, running
        finally:
            running.end()


def test_one_run_at_a_time_of_a_task_however_often_it_is_due(tmp_path: Path) -> None:
    inside, most, lock = 0, 0, threading.Lock()

    def slow(run: Run[Any]) -> Iterator[Record]:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        time.sleep(0.2)
        yield from things("a")(run)
        with lock:
            inside -= 1

    with synthetic(tmp_path, slow) as (duties, running):
        running.start()
        until(lambda: duties.made.progress.done >= 3)
        assert len(duties.began) > 6, "it was due at every tick"
    assert most == 1


def test_missed_ticks_are_one_tick(tmp_path: Path) -> None:
    with synthetic(tmp_path, things("a")) as (duties, running):
        duties.tasks = []
        duties.slow = 1.0
        running.start()
        until(lambda: len(duties.began) == 1)
        until(lambda: running.ticks == 1)
        duties.slow = 0.0
        time.sleep(0.3)
        assert len(duties.began) <= 10, "twenty were missed, and six have come since"
        assert duties.most == 1


def test_the_stop_waits_for_the_tick_under_way(tmp_path: Path) -> None:
    with synthetic(tmp_path, things("a")) as (duties, running):
        duties.slow = 1.0
        running.start()
        until(lambda: duties.inside == 1)
        running.end()
        assert duties.inside == 0, "the store may be closed now"
        assert running.service.finished


def test_a_store_that_fails_in_a_tick_ends_the_service(tmp_path: Path) -> None:
    with synthetic(tmp_path, things("a")) as (duties, running):
        duties.fails = StoreError("the disk is full")
        running.start()
        assert running.thread is not None
        running.thread.join(10)
        assert [error.line() for error in running.raised] == ["the disk is full"]


def healthz(running: Running, port: int) -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.parametrize("error", [RetriableError("the mail server is away"), ZeroDivisionError("a defect")])
def test_a_tick_that_fails_does_not_end_collecting_and_is_told(tmp_path: Path, error: Exception) -> None:
    with capture_logs() as logs, synthetic(tmp_path, things("a")) as (duties, running):
        duties.fails = error
        running.start()
        until(lambda: duties.made.progress.done >= 2)
        port = next(one["port"] for one in logs if one["event"] == "serving")
        assert healthz(running, port) == 503
        duties.fails = None
        until(lambda: healthz(running, port) == 200)
    told = [one for one in logs if one["log_level"] == "error"]
    assert {one["event"].partition(",")[2] for one in told} == {" the next one tries again"}
    assert all(bool(one.get("exc_info")) == isinstance(error, ZeroDivisionError) for one in told)
    assert running.raised == []


def test_a_defect_of_the_engine_ends_the_service_with_one_line(tmp_path: Path) -> None:
    with capture_logs() as logs, synthetic(tmp_path, things("a")) as (duties, running):
        def derive(*_: Any) -> None:
            raise ZeroDivisionError("first\nsecond")

        duties.made.derive = derive
        running.start()
        assert running.thread is not None
        running.thread.join(15)
        (error,) = running.raised
    assert error.exit_status == 3
    assert error.line() == (
        "the engine failed: ZeroDivisionError: first second. This is a defect; the log has its trace"
    )
    assert any(one.get("exc_info") for one in logs)


def test_without_a_tick_for_minutes_it_is_not_healthy(firm: Company) -> None:
    with capture_logs() as logs, service(firm) as running:
        running.after(2)
        port = next(one["port"] for one in logs if one["event"] == "serving")
        assert healthz(running, port) == 200
        running.service._ticking.acquire()
        firm.now = NOW + timedelta(minutes=5)
        assert healthz(running, port) == 503
        running.service._ticking.release()
        until(lambda: healthz(running, port) == 200)
