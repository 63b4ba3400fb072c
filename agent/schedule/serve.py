"""`annexa serve`: the clock, the engine, the alerts and two pages for machines, in one process.

The scheduler only ticks. What is due follows from the store, so that a missed tick, a long
downtime or a restart changes nothing but the moment: each task is due once, never once for every
run that was missed. SIGTERM ends gracefully, SIGHUP reads the configuration again.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from agent.errors import AnnexaError, StoreError
from agent.model import Task
from agent.run import Engine
from agent.schedule.health import Health, HealthServer

log = structlog.get_logger("annexa.schedule")

TICK_SECONDS = 30.0
"""Seconds between two looks at what is due."""

EXPAND_SECONDS = 3600.0
"""Seconds between two looks at which boundaries and regions a scope has."""


class Duties(Protocol):
    """What the service asks the assembled agent to do; each call is safe to repeat."""

    def engine(self, stop: threading.Event) -> Engine:
        """Return the engine that runs the tasks."""

    def expand(self) -> None:
        """Ask the providers which boundaries and regions are in force, and keep the answer."""

    def due(self, now: datetime) -> Iterable[Task]:
        """Return the tasks whose time has come."""

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
    stop: threading.Event = field(default_factory=threading.Event)
    reload_asked: threading.Event = field(default_factory=threading.Event)
    health: Health = field(default_factory=Health)
    error: AnnexaError | None = None
    _expanded: float = float("-inf")

    def run(self) -> None:
        """Serve until `stop` is set; raises the `StoreError` that ended it, if one did."""
        engine = self.duties.engine(self.stop)
        engine.on_result = self.health.ran
        self.health.progress = engine.progress
        server = HealthServer(self.host, self.port, self.health, self.clock)
        scheduler = BackgroundScheduler(timezone="UTC")
        scheduler.add_job(
            self._tick, "interval", args=[engine], seconds=self.tick_seconds, id="tick",
            coalesce=True, max_instances=1, misfire_grace_time=None, next_run_time=self.clock(),
        )
        runner = threading.Thread(target=self._run, args=[engine], name="engine", daemon=True)
        server.start()
        scheduler.start()
        runner.start()
        log.info("serving", host=self.host, port=server.port)
        try:
            self._wait()
        finally:
            scheduler.shutdown(wait=False)
            runner.join(self.grace_seconds)
            server.stop()
            log.info("stopped", finished=not runner.is_alive())
        if self.error is not None:
            raise self.error

    def _wait(self) -> None:
        while not self.stop.wait(0.2):
            if self.reload_asked.is_set():
                self.reload_asked.clear()
                self._reload()

    def _reload(self) -> None:
        try:
            self.duties.reload()
        except AnnexaError as error:
            log.error("configuration not reloaded, the old one stays in force", error=error.line())
        else:
            self._expanded = float("-inf")
            log.info("configuration reloaded")

    def _run(self, engine: Engine) -> None:
        try:
            engine.serve()
        except AnnexaError as error:
            self.error = error
            log.error("the engine ended", error=error.line())
        finally:
            self.stop.set()

    def _tick(self, engine: Engine) -> None:
        """One look at everything that time brings; a store that fails ends the service, the rest is logged."""
        try:
            if time.monotonic() - self._expanded >= EXPAND_SECONDS:
                self.duties.expand()
                self._expanded = time.monotonic()
            now = self.clock()
            offered = engine.offer(self.duties.due(now))
            flips = self.duties.notice(now)
            sent = self.duties.deliver(now)
            self.health.ticked(now)
            if offered or flips or sent:
                log.info("tick", tasks=offered, flips=flips, messages=sent)
        except StoreError as error:
            self.error = error
            log.error("the store failed", error=error.line())
            self.stop.set()
        except AnnexaError as error:
            log.error("tick failed, the next one tries again", error=error.line())


def serve(service: Service) -> None:
    """Serve in the main thread, with SIGTERM and SIGINT to stop and SIGHUP to reload."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: service.stop.set())
    signal.signal(signal.SIGHUP, lambda *_: service.reload_asked.set())
    service.run()
