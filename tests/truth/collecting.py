"""`python -m tests.truth.collecting FOLDER`: the real agent collects a served estate once; its answers become files.

Writes `runs.json`, `status.json`, `forecast.json`, `alerts.json` and `cost.json` beside the configuration. The
agent's clock starts at `CLOCK`, so that the same estate is told the same on every day.
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from agent import canonical
from agent.assembly import App
from tests.lab import demo
from tests.lab.estate import Estate

NOW = datetime(2026, 11, 24, tzinfo=UTC)
"""The instant at which the estate stands."""
CLOCK = NOW + timedelta(hours=2)
"""The instant at which the agent begins."""
ANSWERED = CLOCK + timedelta(hours=1)
"""The instant at which the answers are asked for."""


def ticking() -> Callable[[], datetime]:
    """Return a clock that begins at `CLOCK` and goes on as fast as the machine's."""
    began = time.monotonic()
    return lambda: CLOCK + timedelta(seconds=time.monotonic() - began)


def collect(folder: Path, scale: int = 1, collectors: Sequence[str] = ()) -> None:
    """Serve the example estate at a scale, collect it into the folder, and write what the agent answers."""
    estate = Estate.load(now=NOW, scale=scale)
    with demo.running(["--now", NOW.isoformat(), "--scale", str(scale)]) as about:
        config = demo.prepare(estate, about, folder)
        os.environ.update(demo.environment(about))
        with App.open(str(config), os.environ, writer=True, clock=ticking()) as app:
            began = time.process_time()
            peaks: list[int] = [peak()]
            results = app.collect(collectors, on_result=lambda _result: peaks.append(peak()))
            spent = time.process_time() - began
            peaks.append(peak())
            _write(folder / "runs.json", [one.as_json() for one in results])
            if not collectors:
                app.add_documents(folder / "documents" / "documents.yaml", "truth")
                _write(folder / "status.json", app.status(ANSWERED).as_json())
                _write(folder / "forecast.json", app.forecast(ANSWERED).as_json(app.config.timezone))
                _write(folder / "alerts.json", app.alerts(ANSWERED))
    records = sum(one.records for one in results)
    cost = {"cpu": spent, "peaks": [peaks[0], peaks[-2], peaks[-1]], "requests": about["requests"], "records": records}
    _write(folder / "cost.json", cost)


def peak() -> int:
    """Return the most memory that this program has had, in KiB; `ru_maxrss` knows that of the one that started it."""
    status = Path("/proc/self/status")
    if status.exists():
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _write(file: Path, value: Any) -> None:
    file.write_bytes(canonical.line(value))


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.truth.collecting")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--scale", type=int, default=1)
    parser.add_argument("--collector", action="append", default=[])
    chosen = parser.parse_args()
    collect(chosen.folder, chosen.scale, chosen.collector)


if __name__ == "__main__":
    main()
