"""`/healthz` and `/metrics` on a port: whether the clock ticks, and what the runs did."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from agent import canonical
from agent.clients.throttle import SHARED, Budgets
from agent.errors import ConfigurationError
from agent.run import Progress, Result

SILENT = timedelta(minutes=5)
"""Without a tick for this long the service is not healthy."""


class _Throttles(Collector):
    """How long the budgets of the providers made tasks wait, and how often a provider refused; asked at each scrape."""

    def __init__(self, budgets: Budgets) -> None:
        self._budgets = budgets

    def collect(self) -> Iterator[Metric]:
        labels = ["provider", "budget", "family"]
        waited = CounterMetricFamily("annexa_throttle_wait_seconds", "Seconds waited for a turn.", None, labels)
        refused = CounterMetricFamily("annexa_throttle_refusals", "Refusals for being too fast.", None, labels)
        share = GaugeMetricFamily("annexa_throttle_share", "Share of the usual rate in use now.", None, labels)
        for one in self._budgets.told():
            named = [one.provider, one.budget, one.family]
            waited.add_metric(named, one.waited)
            refused.add_metric(named, one.refused)
            share.add_metric(named, one.share)
        yield from (waited, refused, share)


@dataclass(slots=True)
class Health:
    """What the two pages show; fed by the service and the engine."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    progress: Progress = field(default_factory=Progress)
    budgets: Budgets = field(default_factory=lambda: SHARED)
    last_tick: datetime | None = None
    _runs: Counter = field(init=False)
    _records: Counter = field(init=False)
    _seconds: Histogram = field(init=False)
    _tick: Gauge = field(init=False)

    def __post_init__(self) -> None:
        labels = ["collector", "scope"]
        self._runs = Counter("annexa_runs", "Runs by outcome.", [*labels, "outcome"], registry=self.registry)
        self._records = Counter("annexa_records", "Records kept.", labels, registry=self.registry)
        self._seconds = Histogram(
            "annexa_run_seconds", "Seconds that a run took.", ["collector"], registry=self.registry,
            buckets=(0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600),
        )
        self._tick = Gauge("annexa_last_tick_timestamp_seconds", "When the clock last ticked.", registry=self.registry)
        self.registry.register(_Throttles(self.budgets))
        running = Gauge("annexa_tasks_running", "Tasks under way.", registry=self.registry)
        running.set_function(lambda: len(self.progress.running))
        waiting = Gauge("annexa_tasks_waiting", "Tasks that are due and have not begun.", registry=self.registry)
        waiting.set_function(lambda: self.progress.tasks - self.progress.done - len(self.progress.running))

    def ran(self, result: Result) -> None:
        """Count a finished run."""
        task = result.task
        self._runs.labels(task.collector, task.scope, str(result.outcome)).inc()
        self._records.labels(task.collector, task.scope).inc(result.records)
        self._seconds.labels(task.collector).observe(result.seconds)

    def ticked(self, now: datetime) -> None:
        """Note that the clock ticked."""
        self.last_tick = now
        self._tick.set(now.timestamp())

    def alive(self, now: datetime) -> bool:
        """Return whether the clock has ticked lately."""
        return self.last_tick is not None and now - self.last_tick < SILENT


class HealthServer:
    """The two pages, on a thread of their own; port 0 takes a free one."""

    def __init__(self, host: str, port: int, health: Health, clock: Callable[[], datetime]) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/healthz":
                    alive = health.alive(clock())
                    body = canonical.document({"ok": alive, "last_tick": health.last_tick})
                    self._answer(200 if alive else 503, "application/json", body)
                elif self.path == "/metrics":
                    self._answer(200, CONTENT_TYPE_LATEST, generate_latest(health.registry))
                else:
                    self._answer(404, "text/plain; charset=utf-8", b"/healthz and /metrics are here\n")

            def _answer(self, status: int, content: str, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", content)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the name is the base class's
                """Say nothing: probes come every few seconds."""

        try:
            self._server = ThreadingHTTPServer((host, port), Handler)
        except OSError as error:
            raise ConfigurationError(
                f"cannot listen on {host}:{port}: {error.strerror}", advice="Set serve.port to a free port"
            ) from error
        self._thread = threading.Thread(target=self._server.serve_forever, name="health", daemon=True)

    @property
    def port(self) -> int:
        """Return the port that is listened on."""
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()
