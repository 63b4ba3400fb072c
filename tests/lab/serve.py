"""`python -m tests.lab.serve ESTATE`: a local AWS with an estate in it, until SIGTERM.

Prints one JSON line: endpoint, accounts, access keys, regions, now, scale.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

from tests.lab.aws.lab import Lab, key_of
from tests.lab.estate import EXAMPLE, Estate, today


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab.serve", description="A local AWS with an estate in it.")
    parser.add_argument("estate", type=Path, nargs="?", default=EXAMPLE, help="estate file")
    parser.add_argument("--now", type=datetime.fromisoformat, default=today(), help="default: today")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--scale", type=int, default=1, help="times the records")
    parser.add_argument("--no-moto", action="store_true", help="serve only what comes from the estate itself")
    return parser.parse_args(argv)


def about(lab: Lab) -> dict[str, object]:
    """Return what a client needs to know."""
    estate = lab.estate
    return {
        "endpoint": lab.double.url,
        "accounts": {account.name: account.id for account in estate.accounts},
        "access_keys": {account.name: key_of(account.id) for account in estate.accounts},
        "regions": list(estate.regions),
        "now": estate.now.isoformat(),
        "scale": estate.scale,
    }


def main(argv: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT."""
    chosen = arguments(argv)
    if not chosen.estate.is_file():
        print(f"no estate file: {chosen.estate}", file=sys.stderr)
        return 2
    now = chosen.now if chosen.now.tzinfo else chosen.now.replace(tzinfo=UTC)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with Lab(Estate.load(chosen.estate, now, chosen.scale), port=chosen.port, moto=not chosen.no_moto) as lab:
        print(json.dumps(about(lab)), flush=True)
        stop.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
