"""The REST side of the double: HTTP/1.1 with keep-alive, and spoilt bytes on demand."""

from __future__ import annotations

import http.server
import json
import socket
import struct
import sys
import threading
import time
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.lab.gcp.faults import Fault


@dataclass(frozen=True, slots=True)
class Incoming:
    """One request; a parameter that stands in the query more than once is a list."""

    verb: str
    path: str
    query: dict[str, Any]
    body: dict[str, Any] | None
    headers: Mapping[str, str]
    data: bytes = b""
    quoted: str = ""
    """The path as it came, in which a slash within a name is told from one between names."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What goes out, and the fault that spoils it; `data` in place of a document."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)
    fault: Fault | None = None
    data: bytes | None = None


class Server:
    """A threading HTTP server on 127.0.0.1 around one function from request to answer."""

    def __init__(self, reply: Callable[[Incoming], Outgoing], skew: Callable[[], float] = lambda: 0.0) -> None:
        handler = type("Handler", (_Handler,), {"reply": staticmethod(reply), "skew": staticmethod(skew)})
        self._http = _Http(("127.0.0.1", 0), handler)
        self.number: int = self._http.server_port
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop accepting, and close."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


class _Http(http.server.ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no event; anything else is a fault of the lab, and shown."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    reply: Callable[[Incoming], Outgoing]
    skew: Callable[[], float]

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Return the time by the clock of this server, which may be off."""
        return super().date_time_string((timestamp or time.time()) + type(self).skew())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        """Requests are recorded, not printed."""

    def do_GET(self) -> None:
        """Answer one request."""
        place = urllib.parse.urlsplit(self.path)
        query = {name: values[0] if len(values) == 1 else values
                 for name, values in urllib.parse.parse_qs(place.query).items()}
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        kind = headers.get("content-type", "")
        body = json.loads(data) if data and kind.startswith("application/json") else None
        if kind.startswith("application/x-www-form-urlencoded"):
            body = dict(urllib.parse.parse_qsl(data.decode()))
        path = urllib.parse.unquote(place.path)
        self._send(type(self).reply(Incoming(self.command, path, query, body, headers, data, place.path)))

    do_DELETE = do_GET  # noqa: N815 the name is the base class's
    do_POST = do_GET  # noqa: N815 the name is the base class's

    def _send(self, out: Outgoing) -> None:
        fault = out.fault
        body = json.dumps(out.body).encode() if out.data is None else out.data
        body += b" " * (fault.padding if fault else 0)
        if fault and fault.wire == "truncated":
            body = body[: len(body) // 2]
        elif fault and fault.wire == "rubbish":
            body = b"\x00\xfe\xff<<<{{{ not a document \xc3\x28"
        self.send_response(307 if fault and fault.redirect else out.status)
        if fault and fault.redirect:
            self.send_header("Location", fault.redirect)
        for name, value in out.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json; charset=UTF-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if fault and fault.wire == "cut":
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
            return
        self.wfile.write(body)
        self.wfile.flush()
