"""`python -m tests.bench.estate [--records N]`: one `annexa collect` over four clouds, beside the same SDKs alone.

The estate is grown where lists are longest (backups of AWS, audit logs of Google Cloud, activity of
Azure, sign-ins of Entra), a quarter of the records each. Both sides read the same windows with as
many readers, and neither keeps the providers' pace: what is measured is the work. Prints JSON lines:
records, seconds, and of ours the resident memory of the agent at each quarter of the way.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.lab import demo
from tests.lab.estate import EXAMPLE, Estate

COLLECTORS = ("aws.backup_jobs", "aws.backup_recovery_points", "gcp.audit_logs", "azure.activity_log",
              "entra.signin_logs")
MEASURED = 4
"""Readings of memory on the way, beside the highest."""


def grown(records: int) -> dict[str, Any]:
    """Return the example estate with so many records in the longest lists of each provider."""
    file: dict[str, Any] = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    each = records // 4
    file["history"] = 2
    file["counts"].update(instances=[0, each * 36 // 3600, 0], buckets=[0, 4, 0], databases=[0, 2, 0], tables=[0, 0, 0])
    file["instances"] = {}
    daily = each // (file["gcp"]["event_days"] * len(file["gcp"]["projects"]))
    file["gcp"]["counts"]["events_a_day"] = [daily] * len(file["gcp"]["projects"])
    daily = each // (file["azure"]["event_days"] * len(file["azure"]["subscriptions"]))
    file["azure"]["counts"]["events_a_day"] = [daily] * len(file["azure"]["subscriptions"])
    file["entra"]["counts"]["sign_ins_a_day"] = each // file["entra"]["event_days"]
    return file


def resident() -> int:
    """Return the memory that this process holds now, in KiB."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def unpaced() -> None:
    """Let no client wait for the pace of its provider."""
    from agent.clients.throttle import Pacing

    Pacing.take = lambda *_args, **_more: 0.0  # type: ignore[method-assign]


def ours(config: Path) -> dict[str, Any]:
    """Collect with the whole agent."""
    from agent.assembly import App

    unpaced()
    held: list[tuple[float, int]] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.5):
            held.append((time.perf_counter(), resident()))

    with App.open(str(config), os.environ, writer=True) as app:
        threading.Thread(target=watch, daemon=True).start()
        began = time.perf_counter()
        results = app.collect(COLLECTORS)
        seconds = time.perf_counter() - began
        over.set()
    told = [one.as_json() for one in results]
    wrong = sorted({f"{one['collector']}: {one['error']}" for one in told if one["outcome"] != "succeeded"})
    marks = [held[len(held) * n // MEASURED][1] // 1024 for n in range(1, MEASURED)] + [held[-1][1] // 1024]
    return {"records": sum(one.records for one in results), "seconds": seconds, "mb": marks,
            "mb_highest": max(one for _, one in held) // 1024, "wrong": wrong}


def main() -> None:
    """Serve, run both, and print what each took."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.estate")
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--of", choices=["ours", "floor"])
    parser.add_argument("--config", type=Path)
    parser.add_argument("--sides", nargs="+", default=["floor", "ours"])
    chosen = parser.parse_args()
    if chosen.of:
        from tests.bench import paging

        print(json.dumps(ours(chosen.config) if chosen.of == "ours" else paging.floor(chosen.config)))
        return
    for line in measured(chosen.records, chosen.sides):
        print(json.dumps(line), flush=True)


def measured(records: int, sides: list[str]) -> Iterator[dict[str, Any]]:
    """Yield what each side took."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        file = folder / "estate.yaml"
        file.write_text(yaml.safe_dump(grown(records)), encoding="utf-8")
        estate = Estate.load(file)
        with demo.running([str(file), "--now", estate.now.isoformat(), "--no-moto"]) as about:
            config = demo.prepare(estate, about, folder / "place")
            for side in sides:
                command = [sys.executable, "-m", "tests.bench.estate", "--of", side, "--config", str(config)]
                done = subprocess.run(command, env=demo.environment(about), stdout=subprocess.PIPE, check=True)
                yield {"of": side, **json.loads(done.stdout.splitlines()[-1])}


if __name__ == "__main__":
    main()
