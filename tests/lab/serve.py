"""`python -m tests.lab.serve ESTATE`: a local AWS with an estate in it, until SIGTERM.

Prints one JSON line: endpoint, accounts, access keys, regions, now, scale; at the end another: requests served.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

from tests.lab.aws.lab import Lab, key_of
from tests.lab.estate import EXAMPLE, Estate, this_hour


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab.serve", description="A local AWS with an estate in it.")
    parser.add_argument("estate", type=Path, nargs="?", default=EXAMPLE, help="estate file")
    parser.add_argument("--now", type=datetime.fromisoformat, default=this_hour(), help="default: this hour")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--scale", type=int, default=1, help="times the records")
    parser.add_argument("--no-moto", action="store_true", help="serve only what comes from the estate itself")
    return parser.parse_args(argv)


def instant(chosen: argparse.Namespace) -> datetime:
    """Return the instant at which the estate stands; one without a time zone is UTC."""
    now: datetime = chosen.now
    return now if now.tzinfo else now.replace(tzinfo=UTC)


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
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    estate = Estate.load(chosen.estate, instant(chosen), chosen.scale)
    told = sys.stdout
    with contextlib.redirect_stdout(sys.stderr), Lab(estate, port=chosen.port, moto=not chosen.no_moto) as lab:
        print(json.dumps(about(lab)), file=told, flush=True)
        stop.wait()
        print(json.dumps({"requests": len(lab.double.calls)}), file=told, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
