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
from queue import Empty, SimpleQueue

from agent.model import Outcome, Task
from agent.run.execute import Context, Progress, Result, execute
from agent.run.lanes import Bounds, Chain, Lanes, chains
from agent.store import Derive

SEQUENCE_EVERY = 1.0
"""Seconds between two batches of the sequencer while tasks run."""

PUBLISH_EVERY = 30.0
"""Seconds between two tries to publish the log while nothing runs."""


@dataclass(slots=True)
class Engine:
    """Runs tasks in a bounded pool of threads; `derive` is what the sequencer writes beside the rows.

    `run` takes a list and returns when all of it is done. `serve` goes on, fed by `offer`, until
    `stop` is set; tasks under way then end as interrupted runs, which are sealed too.
    """

    context: Context
    bounds: Bounds = field(default_factory=Bounds)
    derive: Derive | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    on_result: Callable[[Result], None] = lambda _result: None
    _offers: SimpleQueue[list[Chain]] = field(default_factory=SimpleQueue)
    _keys: set[str] = field(default_factory=set)
    """What waits, runs, or has ended and is not recorded yet."""
    _ended: list[str] = field(default_factory=list)
    _sequenced: float = float("-inf")

    @property
    def progress(self) -> Progress:
        """Return the live counts of this engine: tasks, records and what is running."""
        return self.context.progress

    def run(self, tasks: Iterable[Task]) -> list[Result]:
        """Run the tasks and return their results, recorded; raises `StoreError` where the store fails."""
        self.offer(tasks)
        return list(self._dispatch(forever=False))

    def serve(self) -> None:
        """Run what is offered until `stop` is set and what was under way has ended."""
        for _result in self._dispatch(forever=True):
            pass

    def offer(self, tasks: Iterable[Task]) -> int:
        """Queue tasks, but for those whose key waits, runs or is not recorded yet; returns how many were taken.

        Tasks that are listed lazily are listed after the look at the keys: what is recorded in
        between is then neither taken twice nor missed.
        """
        held = frozenset(self._keys)
        fresh = [chain for chain in chains(tasks) if chain[0].key not in held]
        self._keys.update(chain[0].key for chain in fresh)
        taken = sum(len(chain) for chain in fresh)
        self.progress.begin(taken)
        if fresh:
            self._offers.put(fresh)
        return taken

    def _dispatch(self, *, forever: bool) -> Iterator[Result]:
        lanes = Lanes((), self.bounds)
        with ThreadPoolExecutor(self.bounds.total, thread_name_prefix="run") as pool:
            try:
                yield from self._turn(pool, lanes, forever=forever)
            except BaseException:
                self.stop.set()
                raise
        self._sequence()

    def _turn(self, pool: ThreadPoolExecutor, lanes: Lanes, *, forever: bool) -> Iterator[Result]:
        running: dict[Future[Result], Chain] = {}
        while True:
            self._admit(lanes)
            while not self.stop.is_set() and (chain := lanes.take()) is not None:
                running[pool.submit(execute, chain[0], self.context, self.stop)] = chain
            self._sequence_in_turn(idle=not running)
            if not running:
                if not forever or self.stop.wait(SEQUENCE_EVERY / 4):
                    return
                continue
            done, _ = wait(running, timeout=SEQUENCE_EVERY, return_when=FIRST_COMPLETED)
            for future in done:
                chain = running.pop(future)
                result = future.result()
                if self._goes_on(chain, result, lanes):
                    running[pool.submit(execute, chain[0], self.context, self.stop)] = chain
                self.on_result(result)
                yield result

    def _admit(self, lanes: Lanes) -> None:
        while True:
            try:
                offered = self._offers.get_nowait()
            except Empty:
                return
            for chain in offered:
                lanes.add(chain)

    def _goes_on(self, chain: Chain, result: Result, lanes: Lanes) -> bool:
        """Strike the finished task off its chain; the next window follows only where this one is whole."""
        task = chain.popleft()
        if chain and result.outcome is Outcome.SUCCEEDED and not self.stop.is_set():
            return True
        self.progress.drop(len(chain))
        lanes.free(task)
        self._ended.append(task.key)
        return False

    def _sequence_in_turn(self, *, idle: bool) -> None:
        """Record what has ended, at once where nothing runs; try to publish now and then what could not be."""
        pause = (0.0 if self._ended else PUBLISH_EVERY) if idle else SEQUENCE_EVERY
        if time.monotonic() - self._sequenced >= pause:
            self._sequence()

    def _sequence(self) -> None:
        ended, self._ended = self._ended, []
        while self.context.store.sequence(self.derive):
            pass
        self._keys.difference_update(ended)
        self._sequenced = time.monotonic()
