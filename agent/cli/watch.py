"""Looking on while runs go: a bar on a terminal, plain lines elsewhere, and Ctrl-C that ends gracefully."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from agent.cli.application import NAME, Options
from agent.cli.screen import plain
from agent.model import Outcome
from agent.run import Progress as Counts
from agent.run import Result

EVERY = 10.0
"""Seconds between two plain lines."""
REFRESH = 0.25


class Look:
    """Is told how the runs go, and says nothing of it."""

    def __init__(self) -> None:
        self.results: list[Result] = []
        self.counts: Counts | None = None
        self._told: set[str] = set()

    def begin(self, counts: Counts) -> None:
        """Take the live counts of the engine."""
        self.counts = counts

    def ended(self, result: Result) -> None:
        """Take a finished run."""
        self.results.append(result)

    def stop(self) -> None:
        """Say nothing more."""

    def _news(self, result: Result) -> str:
        """Return what to tell of a run that went wrong; '' where the same was told of another one."""
        why = reason(result)
        if result.outcome is Outcome.SUCCEEDED or why in self._told:
            return ""
        self._told.add(why)
        return f"{result.outcome}: {where(result)}: {why}"


class Lines(Look):
    """Says in plain lines what went wrong, each thing once, and now and then how far it is."""

    def __init__(self) -> None:
        super().__init__()
        self._began = self._said = time.monotonic()

    def ended(self, result: Result) -> None:
        """Tell what went wrong for the first time, and the counts where the last line is some seconds old."""
        super().ended(result)
        if news := self._news(result):
            _tell(news)
        if time.monotonic() - self._said >= EVERY:
            self._counts()

    def stop(self) -> None:
        """Tell the counts for the last time."""
        if self.results:
            self._counts()

    def _counts(self) -> None:
        self._said = time.monotonic()
        tasks = max(self.counts.tasks if self.counts else 0, len(self.results))
        records = sum(one.records for one in self.results)
        rate = records / max(self._said - self._began, 0.001)
        _tell(f"{len(self.results):,} of {tasks:,} runs, {records:,} records, {rate:,.0f} records/s")


class Bar(Look):
    """Draws a bar with rate, records and time left, on stderr."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._progress = Progress(
            TextColumn("{task.description}"), BarColumn(bar_width=None), MofNCompleteColumn(),
            TextColumn("{task.fields[said]}"), TimeRemainingColumn(), TextColumn("left"),
            console=console, transient=True, refresh_per_second=1 / REFRESH,
        )
        self._task = self._progress.add_task("Collecting", total=None, said="")
        self._began = time.monotonic()
        self._over = threading.Event()
        self._drawer = threading.Thread(target=self._draw, name="bar", daemon=True)

    def begin(self, counts: Counts) -> None:
        """Take the live counts and begin to draw."""
        super().begin(counts)
        self._progress.start()
        self._drawer.start()

    def ended(self, result: Result) -> None:
        """Print above the bar what went wrong for the first time."""
        super().ended(result)
        if news := self._news(result):
            self._progress.console.print(f"{NAME}: {plain(news)}", markup=False, highlight=False, soft_wrap=True)

    def stop(self) -> None:
        """Take the bar away."""
        self._over.set()
        if self._drawer.is_alive():
            self._drawer.join()
        self._progress.stop()

    def _draw(self) -> None:
        while not self._over.wait(REFRESH):
            counts = self.counts
            if counts is None or not counts.tasks:
                continue
            if counts.done >= counts.tasks:
                self._progress.update(self._task, total=counts.tasks, completed=counts.done, description="Assessing")
                continue
            rate = counts.records / max(time.monotonic() - self._began, 0.001)
            self._progress.update(self._task, total=counts.tasks, completed=counts.done,
                                  said=f"{counts.records:,} records, {rate:,.0f}/s")


@contextmanager
def counting(options: Options, what: str) -> Iterator[Callable[[int, int], None]]:
    """Yield what is told how much is done of how much: a bar on a terminal, nothing elsewhere."""
    console = Console(stderr=True, no_color=not options.color, highlight=False)
    if options.quiet or not console.is_terminal:
        yield lambda _done, _all: None
        return
    with Progress(TextColumn(what), BarColumn(bar_width=None), MofNCompleteColumn(), TimeRemainingColumn(),
                  TextColumn("left"), console=console, transient=True) as drawn:
        task = drawn.add_task("", total=None)
        yield lambda done, everything: drawn.update(task, completed=done, total=everything)


def where(result: Result) -> str:
    """Return a run by its collector and place."""
    task = result.task
    parts = (task.scope, task.boundary if task.boundary != task.scope else "", task.region)
    return f"{task.collector} in {'/'.join(part for part in parts if part)}"


def reason(result: Result) -> str:
    """Return what went wrong with a run, in a few words: the whole of it stands in the summary."""
    lacking = ", ".join(f"{one.permission or one.what} {one.reason}".strip() for one in result.lacking)
    return lacking or result.error or "it says no more"


def _tell(text: str) -> None:
    print(f"{NAME}: {plain(text)}", file=sys.stderr, flush=True)  # noqa: T201 - the edge speaks here


@contextmanager
def watching(options: Options, *, json: bool) -> Iterator[Look]:
    """Yield who looks on: nobody where quiet, a bar on a terminal, lines elsewhere (and for JSON)."""
    console = Console(stderr=True, no_color=not options.color, highlight=False)
    look = Look() if options.quiet else Bar(console) if console.is_terminal and not json else Lines()
    try:
        yield look
    finally:
        look.stop()


@contextmanager
def interruptible() -> Iterator[threading.Event]:
    """Yield an event that the first Ctrl-C (or SIGTERM) sets; the second one interrupts at once."""
    stop = threading.Event()

    def ask(number: int, _frame: Any) -> None:
        stop.set()
        signal.signal(number, before[number])
        _tell("stopping: what is under way ends and is kept; again to stop at once")

    before = {int(number): signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, ask)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
