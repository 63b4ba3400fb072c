"""`annexa serve`: the clock, the engine, the alerts and two pages for machines, in one process.

The scheduler only ticks. What is due follows from the store, so that a missed tick, a long
downtime or a restart changes nothing but the moment: each task is due once, never once for every
run that was missed. SIGTERM ends gracefully, SIGHUP reads the configuration again.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from agent.errors import AnnexaError, ConfigurationError, StoreError
from agent.model import Task
from agent.run import Engine
from agent.schedule.health import Health, HealthServer

log = structlog.get_logger("annexa.schedule")

LONGEST = 300
"""Characters that are told of what a defect says."""

TICK_SECONDS = 30.0
"""Seconds between two looks at what is due."""

EXPAND_SECONDS = 3600.0
"""Seconds between two looks at which boundaries and regions a scope has."""

UNREACHED_SECONDS = 300.0
"""The same, while a scope could not be reached."""

UNFINISHED = 3
"""The exit status where runs had to be cut off at the end of the grace period."""


class Duties(Protocol):
    """What the service asks the assembled agent to do; each call is safe to repeat."""

    def engine(self, stop: threading.Event) -> Engine:
        """Return the engine that runs the tasks."""

    def expand(self) -> bool:
        """Ask the providers which boundaries and regions are in force, keep the answer; whether all were reached."""

    def due(self, now: datetime) -> Iterable[Task]:
        """Yield the tasks whose time has come; the store is asked at the first one."""

    def notice(self, now: datetime) -> int:
        """Store the flips that time alone has brought; returns how many."""

    def deliver(self, now: datetime) -> int:
        """Send what is in the outbox; returns how many messages went out."""

    def reload(self) -> None:
        """Read the configuration again; raises `ConfigurationError` and keeps the old one where it is wrong."""


@dataclass(slots=True, kw_only=True)
class Service:
    """The running service: `start`, then `wait`; `shut_down` from a signal or a test."""

    duties: Duties
    clock: Callable[[], datetime]
    host: str = "127.0.0.1"
    port: int = 8080
    grace_seconds: float = 25.0
    tick_seconds: float = TICK_SECONDS
    unreached_seconds: float = UNREACHED_SECONDS
    stop: threading.Event = field(default_factory=threading.Event)
    reload_asked: threading.Event = field(default_factory=threading.Event)
    health: Health = field(default_factory=Health)
    error: AnnexaError | None = None
    finished: bool = True
    """Whether everything that was under way ended within the grace period."""
    _expand_at: float = float("-inf")
    _ticking: threading.Lock = field(default_factory=threading.Lock)

    def run(self) -> None:
        """Serve until `stop` is set; raises the `StoreError` that ended it, if one did."""
        engine = self.duties.engine(self.stop)
        engine.on_result = self.health.ran
        self.health.progress = engine.progress
        server = HealthServer(self.host, self.port, self.health, self.clock)
        scheduler = BackgroundScheduler(timezone="UTC")
        scheduler.add_job(
            self._tick, "interval", args=[engine], seconds=self.tick_seconds, id="tick",
            coalesce=True, max_instances=1, misfire_grace_time=None,
        )
        runner = threading.Thread(target=self._run, args=[engine], name="engine", daemon=True)
        server.start()
        scheduler.start()
        runner.start()
        log.info("serving", host=self.host, port=server.port)
        try:
            self._now(engine)
            self._wait(engine)
        finally:
            ends = time.monotonic() + self.grace_seconds
            scheduler.shutdown(wait=False)
            runner.join(self.grace_seconds)
            quiet = self._ticking.acquire(timeout=max(0.0, ends - time.monotonic()))  # and no tick after this one
            self.finished = quiet and not runner.is_alive()
            server.stop()
            log.info("stopped", finished=self.finished)
        if self.error is not None:
            raise self.error

    def _wait(self, engine: Engine) -> None:
        while not self.stop.wait(0.2):
            if self.reload_asked.is_set() and not self._ticking.locked():
                self._now(engine)

    def _now(self, engine: Engine) -> None:
        """Let one tick come at once, beside those of the interval; where one is under way it is that one."""
        threading.Thread(target=self._tick, args=[engine], name="tick", daemon=True).start()

    def _run(self, engine: Engine) -> None:
        try:
            engine.serve()
        except AnnexaError as error:
            self._fail("the engine ended", error)
        except Exception as error:  # a supervisor: without it the thread would die and the service end as if well
            log.exception("the engine is defective")
            said = " ".join(str(error).split())[:LONGEST]
            self._fail("the engine ended", AnnexaError(
                f"the engine failed: {type(error).__name__}: {said}", advice="This is a defect; the log has its trace"
            ))
        finally:
            self.stop.set()

    def _tick(self, engine: Engine) -> None:
        """One look at everything that time brings; a store that fails ends the service, the rest is logged."""
        if not self._ticking.acquire(blocking=False):
            return
        try:
            self._look(engine)
        except StoreError as error:
            self._fail("the store failed", error)
        except AnnexaError as error:
            log.error("tick failed, the next one tries again", error=error.line())
        except Exception:  # a supervisor: collecting goes on, /healthz tells that no tick came to its end
            log.exception("tick is defective, the next one tries again")
        finally:
            self._ticking.release()

    def _look(self, engine: Engine) -> None:
        if self.reload_asked.is_set():
            self.reload_asked.clear()
            self._reload()
        if time.monotonic() >= self._expand_at:
            reached = self.duties.expand()
            self._expand_at = time.monotonic() + (EXPAND_SECONDS if reached else self.unreached_seconds)
        now = self.clock()
        offered = engine.offer(self.duties.due(now))
        flips = self.duties.notice(now)
        sent = self.duties.deliver(now)
        self.health.ticked(now)
        if offered or flips or sent:
            log.info("tick", tasks=offered, flips=flips, messages=sent)

    def _reload(self) -> None:
        try:
            self.duties.reload()
        except ConfigurationError as error:
            log.error("configuration not reloaded, the old one stays in force", error=error.line())
        else:
            self._expand_at = float("-inf")
            log.info("configuration reloaded")

    def _fail(self, what: str, error: AnnexaError) -> None:
        log.error(what, error=error.line())
        self.error = self.error or error
        self.stop.set()


def serve(service: Service) -> None:
    """Serve in the main thread, with SIGTERM and SIGINT to stop and SIGHUP to reload.

    Runs that outlive the grace period are cut off with the process, as by `kill -9`: the store is
    made for that, and they are due again at the next start.
    """
    def stop(*_: Any) -> None:
        service.stop.set()

    def ended(thread: threading.ExceptHookArgs) -> None:
        """Log what ends a thread as every other line is logged; a library's thread may outlive the scheduler."""
        log.warning("a thread ended", thread=thread.thread.name if thread.thread else "", error=str(thread.exc_value))

    threading.excepthook = ended
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    signal.signal(signal.SIGHUP, lambda *_: service.reload_asked.set())
    try:
        service.run()
    finally:
        if not service.finished:
            sys.stderr.flush()
            os._exit(UNFINISHED)
