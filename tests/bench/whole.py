"""`python -m tests.bench.whole CONFIG`: the agent's side of the estate's bench, in a process that holds nothing else."""

from __future__ import annotations

import json
import os
import resource
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from agent.assembly import App
from agent.clients.throttle import Pacing
from agent.lake.beside import BesideDesk
from tests.bench.peak import peak_mb

COLLECTORS = ("aws.backup_jobs", "aws.backup_recovery_points", "gcp.audit_logs", "azure.activity_log",
              "entra.signin_logs")
MARKS = (10_000, 100_000, 200_000, 500_000, 1_000_000)
"""After how many records memory is read."""
FORBIDDEN = "service control policy"
"""Why the runs of one region of the estate fail, on both sides."""


def resident() -> float:
    """Return the memory that this process holds now, in megabytes."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def processor(who: int = resource.RUSAGE_SELF) -> float:
    """Return the seconds on the processor of this process, or of those that it started and that have ended."""
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def unpaced() -> None:
    """Let no client wait for the pace of its provider."""
    Pacing.take = lambda *_args, **_more: 0.0  # type: ignore[method-assign]  # the pace is the provider's, and the floor has none


class Watch:
    """Reads the memory of this process as records come in."""

    def __init__(self) -> None:
        self.held: dict[int, float] = {}
        self._over = threading.Event()

    def begin(self, progress: Any) -> None:
        """Watch a progress until the end."""
        threading.Thread(target=self._look, args=[progress], daemon=True).start()

    def end(self, records: int) -> dict[str, int]:
        """Return the megabytes held at each mark that was passed, and at the end."""
        self._over.set()
        self.held[records] = resident()
        return {str(mark): round(mb) for mark, mb in sorted(self.held.items())}

    def _look(self, progress: Any) -> None:
        while not self._over.wait(0.1):
            for mark in MARKS:
                if progress.records >= mark and mark not in self.held:
                    self.held[mark] = resident()


def collected(config: Path) -> dict[str, Any]:
    """Collect with the whole agent."""
    unpaced()
    watch = Watch()
    with App.open(str(config), os.environ, writer=True) as app:
        spent, began = processor(), time.perf_counter()
        results = app.collect(COLLECTORS, begin=watch.begin)
        seconds, spent = time.perf_counter() - began, processor() - spent
        records = sum(one.records for one in results)
        marks = watch.end(records)
        beside = app.desk.peak / 1024 if isinstance(app.desk, BesideDesk) else 0.0
    wrong = sorted({f"{one.task.collector}: {one.error}" for one in results
                    if one.outcome != "succeeded" and FORBIDDEN not in one.error})
    if wrong:
        raise SystemExit(f"the bench could not collect: {wrong[0]}")
    each = Counter[str]()
    for one in results:
        each[one.task.collector] += one.records
    return {"records": records, "seconds": seconds, "cpu": spent, "beside_cpu": processor(resource.RUSAGE_CHILDREN),
            "each": dict(each), "mb": marks, "peak_mb": peak_mb(), "beside_mb": beside}


if __name__ == "__main__":
    print(json.dumps(collected(Path(sys.argv[1]))))
