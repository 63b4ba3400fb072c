"""The HTTPS server of the lab: one thread a connection, and bytes spoilt as a fault says."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.lab.entra.faults import Fault


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)
    fault: Fault | None = None
    request: str = ""
    made: bytes = b""
    """The body as it goes out, where it was made beforehand."""


Answer = Callable[[str, str, Message, bytes], Reply]


class Server:
    """Serves `answer` on a port of 127.0.0.1 until it is closed."""

    def __init__(self, certificate: Path, answer: Answer, port: int = 0) -> None:
        handler = type("Handler", (_Handler,), {"answer": staticmethod(answer)})
        self._server = _Quiet(("127.0.0.1", port), handler)
        self._server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self.url = f"https://localhost:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()


class _Quiet(ThreadingHTTPServer):
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that goes away is part of the game."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    answer: Answer
    skew = 0.0

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Return the time as the double's clock tells it."""
        return formatdate((timestamp or time.time()) + self.skew, usegmt=True)

    def do_GET(self) -> None:
        """Answer a question."""
        self._reply(b"")

    def do_POST(self) -> None:
        """Answer a form."""
        self._reply(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    do_DELETE = do_GET  # noqa: N815 the name is the base class's

    def _reply(self, body: bytes) -> None:
        reply = type(self).answer(self.command, self.path, self.headers, body)
        fault = reply.fault or Fault("none")
        self.skew = fault.skew
        time.sleep(fault.delay)
        content = reply.made or json.dumps(reply.body).encode()
        if fault.wire == "rubbish":
            content = b"\x00\xff<html>not what you asked for"
        if fault.wire == "truncated":
            content = content[: len(content) // 2]
        self.send_response(reply.status)
        self.send_header("Content-Type", "application/json; odata.metadata=minimal; charset=utf-8")
        self.send_header("Content-Length", str(len(content) + fault.padding))
        for name, value in {"request-id": reply.request, **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if fault.wire == "cut" else content)
        for _ in range(fault.padding // 1_000_000):
            self.wfile.write(b" " * 1_000_000)
        if fault.wire == "cut":
            self.close_connection = True
