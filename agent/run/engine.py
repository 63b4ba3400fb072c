"""Runs tasks concurrently, seals what each brings, and lets the sequencer record it.

Every task ends in a sealed run, whatever happened: succeeded, partial or failed. Only a store
that cannot be written ends the whole.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

import structlog

from agent.errors import StoreError
from agent.model import Outcome, Task
from agent.run.execute import Context, Progress, Result, execute
from agent.run.lanes import Bounds, Chain, Lanes, chains
from agent.store import Derive

log = structlog.get_logger("annexa.run")

SEQUENCE_EVERY = 1.0
"""Seconds between two batches of the sequencer while tasks run."""


@dataclass(slots=True)
class Engine:
    """Runs tasks in a bounded pool of threads; `derive` is what the sequencer writes beside the rows."""

    context: Context
    bounds: Bounds = field(default_factory=Bounds)
    derive: Derive | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    on_result: Callable[[Result], None] = lambda _result: None

    @property
    def progress(self) -> Progress:
        """Return the live counts of this engine: tasks, records and what is running."""
        return self.context.progress

    def run(self, tasks: Iterable[Task]) -> list[Result]:
        """Run the tasks and return their results, recorded; raises `StoreError` where the store fails."""
        waiting = chains(tasks)
        self.progress.begin(sum(len(chain) for chain in waiting))
        results: list[Result] = []
        with ThreadPoolExecutor(self.bounds.total, thread_name_prefix="run") as pool:
            try:
                for result in self._dispatch(pool, Lanes(waiting, self.bounds)):
                    results.append(result)
                    self.on_result(result)
            except BaseException:
                self.stop.set()
                raise
        self._sequence()
        return results

    def _dispatch(self, pool: ThreadPoolExecutor, lanes: Lanes) -> Iterator[Result]:
        running: dict[Future[Result], Chain] = {}
        sequenced = time.monotonic()
        while True:
            while not self.stop.is_set() and (chain := lanes.take()) is not None:
                running[pool.submit(execute, chain[0], self.context, self.stop)] = chain
            if not running:
                return
            done, _ = wait(running, timeout=SEQUENCE_EVERY, return_when=FIRST_COMPLETED)
            for future in done:
                chain = running.pop(future)
                yield self._settle(future, chain, lanes, running, pool)
            if time.monotonic() - sequenced >= SEQUENCE_EVERY:
                self._sequence()
                sequenced = time.monotonic()

    def _settle(
        self,
        future: Future[Result],
        chain: Chain,
        lanes: Lanes,
        running: dict[Future[Result], Chain],
        pool: ThreadPoolExecutor,
    ) -> Result:
        """Take a finished task's result; its next window follows only where this one is whole."""
        task = chain.popleft()
        lanes_freed = True
        try:
            result = future.result()
            if chain and result.outcome is Outcome.SUCCEEDED and not self.stop.is_set():
                running[pool.submit(execute, chain[0], self.context, self.stop)] = chain
                lanes_freed = False
        finally:
            if lanes_freed:
                self.progress.drop(len(chain))
                lanes.free(task)
        return result

    def _sequence(self) -> None:
        try:
            while self.context.store.sequence(self.derive):
                pass
        except StoreError:
            log.exception("sequencer failed")
            raise
