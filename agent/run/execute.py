"""One task, from the first call to the sealed run."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog

from agent import __version__
from agent.clients import Deadline, Witness
from agent.collector import Collector, Run
from agent.errors import AnnexaError, StoreError
from agent.model import Lacking, Outcome, Provenance, Task
from agent.registry import Registry
from agent.run.scopes import Connected
from agent.store import ObjectWriter, StagedObject, Store

log = structlog.get_logger("annexa.run")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How one task ended and which artifact holds it; the shape of a run in `collect --json`."""

    task: Task
    outcome: Outcome
    records: int
    artifact: str
    lacking: tuple[Lacking, ...] = ()
    error: str = ""
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """Return the run as `annexa collect --json` prints it (design section 9)."""
        window = self.task.window
        return {
            "collector": self.task.collector,
            "scope": self.task.scope,
            "boundary": self.task.boundary,
            "region": self.task.region,
            "window": {"from": window.start, "to": window.end} if window else None,
            "outcome": self.outcome,
            "records": self.records,
            "artifact": self.artifact,
            "lacking": [
                {"what": one.what, "reason": one.reason, "detail": one.detail, "permission": one.permission}
                for one in self.lacking
            ],
            "error": self.error or None,
            "seconds": round(self.seconds, 3),
        }


@dataclass(slots=True)
class Progress:
    """Live counts for whoever looks on; written under a lock, read without one."""

    tasks: int = 0
    done: int = 0
    records: int = 0
    running: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, tasks: int) -> None:
        """Add tasks that will run."""
        with self._lock:
            self.tasks += tasks

    def drop(self, tasks: int) -> None:
        """Take away tasks that will not run, because a window before theirs is not whole."""
        with self._lock:
            self.tasks -= tasks

    def add(self, key: str, records: int) -> None:
        """Count records that a running task has read."""
        with self._lock:
            self.records += records
            self.running[key] = self.running.get(key, 0) + records

    def finish(self, key: str) -> None:
        """Count a task as done."""
        with self._lock:
            self.done += 1
            self.running.pop(key, None)


@dataclass(slots=True, kw_only=True)
class Context:
    """What every task of an engine shares."""

    store: Store
    registry: Registry
    scopes: Mapping[str, Connected]
    clock: Callable[[], datetime]
    task_seconds: float = 3600.0
    progress: Progress = field(default_factory=Progress)
    prepare: Callable[[StagedObject, Provenance], None] = lambda _staged, _run: None
    """Called with each run that is not failed before it is submitted, in its thread; raises nothing."""


COUNT_EVERY = 500
"""Records between two updates of the progress."""

LONGEST = 300
"""Characters that are kept of what a defective collector says."""


def execute(task: Task, context: Context, stop: threading.Event) -> Result:
    """Run one task and submit its run to the store; raises only `StoreError`."""
    began = time.monotonic()
    started = context.clock()
    collector = context.registry.get(task.collector)
    connected = context.scopes[task.scope]
    witness = Witness(collector.header, stop=stop)
    context.progress.add(task.key, 0)
    writer = context.store.new_object(task.scope, task.collector)
    try:
        _collect(task, context, collector, connected, witness, writer, started)
        staged = writer.close()
    except BaseException:
        writer.abandon()
        raise
    finally:
        context.progress.finish(task.key)
    closing = witness.close(staged.records)
    provenance = Provenance(
        collector=task.collector,
        collector_version=collector.header.version,
        kind=collector.header.kind,
        scope=task.scope,
        boundary=task.boundary,
        region=task.region,
        window=task.window,
        identity=connected.identity(task.boundary),
        source="provider",
        started_at=started,
        finished_at=max(context.clock(), started),
        outcome=closing.outcome,
        records=staged.records,
        calls=closing.calls,
        lacking=closing.lacking,
        skips=closing.skips,
        receipts=closing.receipts,
        notes=(*closing.notes, *staged.notes),
        masked=staged.masked,
        error=closing.error,
        lost=task.lost,
        agent_version=__version__,
        host=socket.gethostname(),
        population=collector.header.population,
        limits=collector.header.limits,
    )
    if closing.outcome is not Outcome.FAILED and not stop.is_set():
        context.prepare(staged, provenance)
    artifact = context.store.submit(staged, provenance)
    seconds = time.monotonic() - began
    log.info(
        "run ended", collector=task.collector, scope=task.scope, boundary=task.boundary, region=task.region,
        outcome=str(closing.outcome), records=staged.records, artifact=artifact, seconds=round(seconds, 3),
        error=closing.error or None,
    )
    return Result(
        task=task, outcome=closing.outcome, records=staged.records, artifact=artifact,
        lacking=closing.lacking, error=closing.error, seconds=seconds,
    )


def _collect(
    task: Task,
    context: Context,
    collector: Collector,
    connected: Connected,
    witness: Witness,
    writer: ObjectWriter,
    started: datetime,
) -> None:
    """Let the collector yield and write each record; what goes wrong is written into the witness."""
    counted = 0
    try:
        boundary = connected.boundary(task.boundary)
        client = connected.open(boundary, task.region, witness, Deadline.after(context.task_seconds))
        run = Run(client, boundary, task.region, task.window, started, witness)
        for record in collector.collect(run):
            writer.write(record)
            witness.yielded()
            counted += 1
            if counted % COUNT_EVERY == 0:
                context.progress.add(task.key, COUNT_EVERY)
    except StoreError:
        raise
    except AnnexaError as error:
        witness.fail(error)
    except (Exception, SystemExit) as error:  # the one supervisor: a defect is a failed run, not a dead agent
        log.exception("collector is defective", collector=task.collector, scope=task.scope)
        witness.fail(AnnexaError(
            f"{task.collector} failed: {type(error).__name__}: {' '.join(str(error).split())[:LONGEST]}",
            advice="This is a defect of the collector; the log has its trace",
        ))
    context.progress.add(task.key, counted % COUNT_EVERY)
