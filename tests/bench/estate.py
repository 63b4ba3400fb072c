"""`python -m tests.bench.estate [--records N]`: one `annexa collect` over four clouds, beside the same SDKs alone.

Each cloud is served by a process of its own, its longest list (backups of AWS, audit logs of Google
Cloud, activity of Azure, sign-ins of Entra) a quarter of the records, told from bytes that were made
beforehand: what is measured are the readers. Both sides read the same windows with as many readers,
and neither keeps the providers' pace. Prints JSON lines: records, seconds, seconds on the processor,
and of ours the resident memory of the agent on the way, and the peak of the process beside it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.lab import demo
from tests.lab.certificate import Shown
from tests.lab.estate import EXAMPLE, Estate

CLOUDS = {"aws": ("AWS_", "HTTP_PROXY"), "gcp": ("GOOGLE_", "GCE_"), "azure": (), "entra": ("AZURE_",)}
"""The providers, each with the variables of its own server."""
SIDES = {"ours": ("whole",), "floor": ("paging",), "bare": ("paging", "bare")}
"""The module of each side, and what it is told."""


@contextmanager
def served(records: int) -> Iterator[tuple[Estate, dict[str, Any]]]:
    """Serve the estate, each cloud by a process of its own, and yield it with what a client needs to know."""
    estate = Estate.load()
    shown = Shown.made()
    argv = [str(EXAMPLE), "--now", estate.now.isoformat(), "--no-moto", "--records", str(records),
            "--certificate", str(shown.both)]
    with ExitStack() as stack, ThreadPoolExecutor(len(CLOUDS)) as pool:
        starting = {name: pool.submit(stack.enter_context, demo.running(argv)) for name in CLOUDS}
        told = {name: one.result() for name, one in starting.items()}
        environment = {key: value for name, one in told.items() for key, value in one["environment"].items()
                       if key.startswith(CLOUDS[name])}
        scopes = [scope for name, one in told.items() for scope in one["scopes"] if scope["provider"] == name]
        yield estate, {"scopes": scopes, "environment": {**environment, "REQUESTS_CA_BUNDLE": str(shown.public)}}


def measured(records: int, sides: list[str]) -> Iterator[dict[str, Any]]:
    """Yield what each side took, in this order, all of them before the same servers."""
    with served(records) as (estate, about), tempfile.TemporaryDirectory(prefix="bench-") as folder:
        for of in sides:
            config = demo.prepare(estate, about, Path(folder) / "place")
            module, *more = SIDES[of]
            command = [sys.executable, "-m", f"tests.bench.{module}", str(config), *more]
            done = subprocess.run(command, env=demo.environment(about), stdout=subprocess.PIPE, check=True)
            yield {"of": of, **json.loads(done.stdout.splitlines()[-1])}


def main() -> None:
    """Serve, run both, and print what each took."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.estate")
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--sides", nargs="+", default=["floor", "ours"], choices=SIDES)
    chosen = parser.parse_args()
    for line in measured(chosen.records, chosen.sides):
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
