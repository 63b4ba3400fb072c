"""`python -m tests.lab.serve ESTATE`: a local AWS, Google Cloud, Azure and Entra with one company in them, until SIGTERM.

Prints one JSON line: the endpoints, the scopes as a configuration has them, and the variables that clients need;
at the end another: requests served.
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

from tests.lab import long
from tests.lab.certificate import Shown
from tests.lab.clouds import Clouds
from tests.lab.estate import EXAMPLE, Estate, this_hour
from tests.lab.told import Paged


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab.serve", description="Local clouds with an estate in them.")
    parser.add_argument("estate", type=Path, nargs="?", default=EXAMPLE, help="estate file")
    parser.add_argument("--now", type=datetime.fromisoformat, default=this_hour(), help="default: this hour")
    parser.add_argument("--port", type=int, default=0, help="of AWS; the others follow it")
    parser.add_argument("--scale", type=int, default=1, help="times the records")
    parser.add_argument("--no-moto", action="store_true", help="of AWS, serve only what comes from the estate itself")
    parser.add_argument("--records", type=int, default=0,
                        help="let the longest list of each cloud be a quarter of so many, told from bytes (needs --no-moto)")
    parser.add_argument("--page", type=int, default=Paged.most, help="the most items of any page, to have more pages")
    parser.add_argument("--certificate", type=Path, help="a file with the key and certificate to show; default: a new one")
    return parser.parse_args(argv)


def instant(chosen: argparse.Namespace) -> datetime:
    """Return the instant at which the estate stands; one without a time zone is UTC."""
    now: datetime = chosen.now
    return now if now.tzinfo else now.replace(tzinfo=UTC)


def main(argv: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT."""
    chosen = arguments(argv)
    if not chosen.estate.is_file():
        print(f"no estate file: {chosen.estate}", file=sys.stderr)
        return 2
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    Paged.most = chosen.page
    estate = Estate.load(chosen.estate, instant(chosen), chosen.scale)
    told, shown = sys.stdout, Shown.of(chosen.certificate) if chosen.certificate else Shown.made()
    with contextlib.redirect_stdout(sys.stderr), Clouds(estate, chosen.port, not chosen.no_moto, shown) as clouds:
        if chosen.records:
            long.grow(clouds, chosen.records)
        print(json.dumps(clouds.about()), file=told, flush=True)
        stop.wait()
        print(json.dumps({"requests": clouds.requests()}), file=told, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
