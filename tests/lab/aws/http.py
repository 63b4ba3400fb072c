"""The socket side of the double: HTTP/1.1 with keep-alive, spoilt bytes on demand, and the way on to moto."""

from __future__ import annotations

import http.client
import http.server
import json
import socket
import struct
import sys
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tests.lab.aws.faults import Fault
from tests.lab.aws.wire import Answer, Incoming, incoming
from tests.lab.menu import PATH

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Fallthrough = str | Application | None
VERBS = ("GET", "POST", "PUT", "DELETE", "HEAD", "PATCH")
HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"})


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes out; without an answer it is fetched from the fallthrough and then spoilt by the fault."""

    answer: Answer | None
    request_id: str
    fault: Fault | None = None


class Server:
    """A threading HTTP server on 127.0.0.1 around one function from request to reply."""

    def __init__(
        self, port: int, reply: Callable[[Incoming], Reply | None], beyond: Fallthrough,
        control: Callable[[str, bytes], tuple[int, dict[str, Any]]],
    ) -> None:
        methods: dict[str, Any] = {f"do_{verb}": _Handler.serve for verb in VERBS}
        parts = {"reply": staticmethod(reply), "control": staticmethod(control), "beyond": _Beyond(beyond)}
        handler = type("Handler", (_Handler,), {**parts, **methods})
        self._http = _Http(("127.0.0.1", port), handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}"
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
    reply: Callable[[Incoming], Reply | None]
    control: Callable[[str, bytes], tuple[int, dict[str, Any]]]
    beyond: _Beyond

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        """Requests are recorded, not printed."""

    def serve(self) -> None:
        """Answer one request."""
        body = self._body()
        if self.path.startswith("http://"):  # asked as a proxy, which needs no DNS for s3control's account hosts
            self.path = "/" + self.path.split("/", 3)[3]
        if self.path == PATH:
            status, said = type(self).control(self.command, body)
            self._send(Answer(status, {"Content-Type": "application/json"}, json.dumps(said).encode()), "", None)
            return
        item = incoming(self.command, self.path, _headers(self.headers), body)
        reply = type(self).reply(item)
        fault = reply.fault if reply else None
        if fault and fault.delay:
            time.sleep(fault.delay)
        answer = reply.answer if reply else None
        if answer is None:
            answer = type(self).beyond.ask(self.command, self.path, item)
        self._send(_padded(answer, fault), reply.request_id if reply else "", fault)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return b"".join(parts)

    def _send(self, answer: Answer, request_id: str, fault: Fault | None) -> None:
        body = answer.body
        if fault and fault.wire == "truncated":
            body = body[: len(body) // 2]
        elif fault and fault.wire == "rubbish":
            body = b"\x00\xfe\xff<<<{{{ not a document \xc3\x28"
        self.send_response(answer.status)
        known = {name.lower() for name in answer.headers}
        for name, value in answer.headers.items():
            if name.lower() not in HOP:
                self.send_header(name, value)
        if request_id and "x-amzn-requestid" not in known:
            self.send_header("x-amzn-RequestId", request_id)
        length = answer.headers.get("Content-Length", str(len(body))) if self.command == "HEAD" else str(len(body))
        if answer.status not in (204, 304):
            self.send_header("Content-Length", length)
        self.end_headers()
        if fault and fault.wire == "cut":
            self._cut(body)
        elif self.command != "HEAD" and answer.status not in (204, 304):
            self.wfile.write(body)
        self.wfile.flush()

    def _cut(self, body: bytes) -> None:
        """Send half of what was announced, then reset the connection."""
        self.wfile.write(body[: len(body) // 2])
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True


def _headers(message: Any) -> dict[str, str]:
    return {str(name): str(value) for name, value in message.items()}


def _padded(answer: Answer, fault: Fault | None) -> Answer:
    return replace(answer, body=answer.body + b" " * fault.padding) if fault and fault.padding else answer


class _Beyond:
    """The server behind the double: a URL, a WSGI application, or nothing."""

    def __init__(self, target: Fallthrough) -> None:
        self._target = target

    def ask(self, method: str, path: str, item: Incoming) -> Answer:
        """Return the answer of the server behind; 404 where there is none."""
        if self._target is None:
            return Answer(404, {"Content-Type": "text/plain"}, b"no model has this operation")
        if isinstance(self._target, str):
            return self._over_http(self._target, method, path, item)
        return self._in_process(self._target, item)

    @staticmethod
    def _over_http(url: str, method: str, path: str, item: Incoming) -> Answer:
        parts = urllib.parse.urlsplit(url)
        connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=120)
        headers = {name: value for name, value in item.request.headers.items() if name.lower() not in HOP}
        connection.request(method, path, item.body, headers)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return Answer(answer.status, dict(answer.getheaders()), body)

    @staticmethod
    def _in_process(application: Application, item: Incoming) -> Answer:
        began: list[tuple[str, Mapping[str, str]]] = []

        def start(status: str, headers: list[tuple[str, str]], exc: Any = None) -> None:
            began.append((status, dict(headers)))

        try:
            chunks = application(item.environ, start)
        except AttributeError as error:  # only of a service that moto has not: it looks for the name of None
            return Answer(501, {"Content-Type": "text/plain"}, f"moto has no {item.service}: {error}".encode())
        except NotImplementedError as error:  # moto's word for an operation that it has not
            return Answer(501, {"Content-Type": "text/plain"}, str(error).encode())
        body = b"".join(chunks)
        close = getattr(chunks, "close", None)
        if close:
            close()
        status, headers = began[-1]
        return Answer(int(status.split()[0]), headers, body)
