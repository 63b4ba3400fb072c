"""The log directory behind a server of static files is a log that others can read (C2SP tlog-tiles)."""

from __future__ import annotations

import functools
import hashlib
import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.fixtures.store import Place, keep, record
from tests.lab.tlog import Reader, merkle, number


@contextmanager
def static(folder: Path) -> Iterator[str]:
    """Serve a folder as `python -m http.server` does."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def test_a_monitor_reads_the_whole_log(place: Place) -> None:
    with place.open() as store, static(place.file("log")) as url:
        for size, more in ((1, 1), (256, 255), (600, 344)):
            for at in range(more):
                keep(store, [f"{size}-{at}"])
            record(store)
            reader = Reader(url, place.file("log/verifier-key").read_text())
            head = reader.head()
            assert head.size == size
            entries = reader.entries(size)
            hashes = [hashlib.sha256(b"\0" + one).digest() for one in entries]
            assert hashes == reader.hashes(0, size)
            assert merkle(hashes) == head.root
            assert reader.hashes(1, size) == [merkle(hashes[at : at + 256]) for at in range(0, size - 255, 256)]
            assert [json.loads(one)["index"] for one in entries] == list(range(size))


def test_the_number_of_a_tile() -> None:
    assert [number(one) for one in (0, 999, 1000, 1234067)] == ["000", "999", "x001/000", "x001/x234/067"]
