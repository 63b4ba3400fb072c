"""The one sequencer: a batch of pending rows becomes visible in a single transaction."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeAlias

import structlog
from sqlmodel import Session, col, select

from agent import canonical
from agent.errors import StoreError
from agent.model import Outcome, Provenance
from agent.seal import ArtifactEntry, Entry, Statement, VoidEntry, read_statement
from agent.store import acts
from agent.store.append import append
from agent.store.catalog import Catalog
from agent.store.sampled import step
from agent.store.tables import ArtifactRow, Attempt, Pending, Tree, Watermark

log = structlog.get_logger("annexa.store")
Derive: TypeAlias = Callable[[Session, list[ArtifactRow]], None]
"""What else is written in the sequencer's transaction, from the rows that it recorded or voided."""
BATCH = 500


class Sequencer:
    """Gives pending rows their leaf; `epoch` is its fence: a later writer's makes this one stop."""

    def __init__(self, catalog: Catalog, clock: Callable[[], datetime], epoch: int) -> None:
        self._catalog = catalog
        self._clock = clock
        self._epoch = epoch
        self._lock = threading.Lock()
        self.entries = 0

    def batch(self, derive: Derive | None) -> list[ArtifactRow]:
        """Record the next pending rows and return the artifact rows that were recorded or voided.

        A batch of steps of sampling, acts or accesses alone has none, and the next one is taken at once.
        """
        before = self.entries
        rows = self._batch(derive)
        while not rows and self.entries != before:
            before = self.entries
            rows = self._batch(derive)
        return rows

    def _batch(self, derive: Derive | None) -> list[ArtifactRow]:
        with self._lock, self._catalog.write("record artifacts") as session:
            waiting = session.exec(select(Pending).order_by(col(Pending.seq)).limit(BATCH)).all()
            if not waiting:
                return []
            tree = session.exec(select(Tree).with_for_update()).one()
            if tree.epoch != self._epoch:
                raise StoreError("Another agent has taken this store over", advice="Stop this one")
            now, clock = self._now(tree)
            changed: dict[str, ArtifactRow] = {}
            for pending in waiting:
                body = canonical.loads(pending.body)
                if body["type"] == "sampling":
                    step(session, tree, body, now, clock)
                elif body["type"] not in {"artifact", "void"}:
                    acts.record(session, tree, body, now, clock)
                else:
                    row = record(session, tree, body, now, clock)
                    changed[row.id] = row
                session.delete(pending)
            tree.recorded_at = now
            session.add(tree)
            session.flush()
            self.entries += len(waiting)
            rows = list(changed.values())
            if derive is not None and rows:
                derive(session, rows)
            return rows

    def _now(self, tree: Tree) -> tuple[datetime, datetime | None]:
        """Return when the batch is recorded, never before the one before it, and the clock where it lies behind."""
        clock = self._clock()
        if tree.recorded_at is None or clock >= tree.recorded_at:
            return clock, None
        log.warning("clock is behind the log", clock=clock, recorded_at=tree.recorded_at)
        return tree.recorded_at, clock


def record(
    session: Session, tree: Tree, body: dict[str, Any], now: datetime, clock: datetime | None
) -> ArtifactRow:
    """Write the leaf, row, watermark and attempt of one pending body."""
    if body["type"] == "void":
        row = session.get_one(ArtifactRow, body["artifact"])
        entry: Entry = VoidEntry(
            index=tree.size, artifact=row.id, reason=body["reason"], by=body["by"], recorded_at=now, clock=clock
        )
        void(row, body["reason"], body["by"], now)
    else:
        statement = read_statement(body["payload"].encode())
        entry = ArtifactEntry(
            index=tree.size, artifact=body["artifact"], envelope=body["envelope"], object=statement.digest,
            recorded_at=now, clock=clock,
        )
        row = artifact_row(entry, statement, body["stored_size"])
        follow(session, row, statement.provenance)
    session.add(row)
    append(session, tree, entry.write())
    return row


def void(row: ArtifactRow, reason: str, by: str, at: datetime) -> None:
    """Mark an artifact as voided; the first time counts."""
    if row.voided_at is None:
        row.voided_at, row.void_reason, row.voided_by = at, reason, by


def artifact_row(entry: ArtifactEntry, statement: Statement, stored_size: int) -> ArtifactRow:
    """Return the row of an artifact from its entry and its statement."""
    return ArtifactRow(**told(entry, statement), stored_size=stored_size)


def told(entry: ArtifactEntry, statement: Statement) -> dict[str, Any]:
    """Return the columns of an artifact's row that its entry and its statement say."""
    run = statement.provenance
    return {
        "id": entry.artifact, "leaf": entry.index, "object": statement.digest, "path": statement.path,
        "size": statement.size, "envelope": entry.envelope, "collector": run.collector,
        "collector_version": run.collector_version, "kind": run.kind, "scope": run.scope, "boundary": run.boundary,
        "region": run.region, "source": run.source, "outcome": run.outcome.value, "records": run.records,
        "window_start": run.window.start if run.window else None, "window_end": run.window.end if run.window else None,
        "collected_at": run.started_at, "finished_at": run.finished_at, "recorded_at": entry.recorded_at,
        "lacking": len(run.lacking), "masked": sum(run.masked.values()),
        "error": run.error.replace("\0", "\N{REPLACEMENT CHARACTER}"),  # PostgreSQL keeps no NUL in a text
    }


def follow(session: Session, row: ArtifactRow, run: Provenance) -> None:
    """Move the watermark and the attempt of the task that an artifact is of."""
    succeeded = run.outcome is Outcome.SUCCEEDED
    attempt = session.get(Attempt, (run.collector, run.scope, run.boundary, run.region))
    if attempt is None:
        attempt = Attempt(
            collector=run.collector, scope=run.scope, boundary=run.boundary, region=run.region,
            at=run.started_at, outcome=row.outcome, artifact=row.id,
        )
    attempt.failures = 0 if succeeded else attempt.failures + 1
    attempt.at, attempt.outcome, attempt.artifact = run.started_at, row.outcome, row.id
    session.add(attempt)
    if succeeded and run.window is not None:
        _move(session, run)


def _move(session: Session, run: Provenance) -> None:
    """Move the watermark to the window's end, unless a span between is neither collected nor named as lost."""
    assert run.window is not None
    mark = session.get(Watermark, (run.collector, run.boundary, run.region))
    if mark is None:
        mark = Watermark(collector=run.collector, boundary=run.boundary, region=run.region, at=run.window.end)
    else:
        start = run.window.start
        if run.lost is not None and run.lost.end >= start:
            start = min(start, run.lost.start)
        if start <= mark.at < run.window.end:
            mark.at = run.window.end
    session.add(mark)


