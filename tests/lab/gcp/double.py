"""A double of Google Cloud: every service behind one address, by gRPC and by REST, with a token endpoint.

Answers are plain dicts as Google's JSON has them. What goes out by gRPC is made by the published
message classes, what goes out by REST is held against the published discovery documents.
"""

from __future__ import annotations

import itertools
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from concurrent import futures
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import grpc
from google.protobuf.json_format import ParseError

from tests.lab import menu
from tests.lab.gcp import media, rpcs
from tests.lab.gcp.faults import Armed, ErrorAnswer, Fault, expired_credentials
from tests.lab.gcp.http import Incoming, Outgoing, Server
from tests.lab.gcp.paging import Pages, begin, make_token, spoilt
from tests.lab.gcp.port import Port
from tests.lab.gcp.published import candidates, strangers
from tests.lab.gcp.tokens import Issuer
from tests.lab.made import Made

Handler = Callable[[dict[str, Any]], Pages | Made]


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it came, counted from 1 within its method; page from 1 (None: a foreign token)."""

    name: str
    params: Mapping[str, Any]
    page: int | None
    number: int
    headers: Mapping[str, str]


@dataclass
class Double:
    """Serves scripts and handlers on 127.0.0.1."""

    handlers: Mapping[str, Handler] = field(default_factory=dict)
    port: int = 0
    strict: bool = True
    tls: ssl.SSLContext | None = None

    def __post_init__(self) -> None:
        self.calls: list[Call] = []
        self.unserved: list[str] = []
        self.defects: list[str] = []
        self.issuer = Issuer()
        self._counts: dict[str, itertools.count[int]] = {}
        self._armed: list[Armed] = []
        self.answers: dict[str, Handler] = dict(self.handlers)
        self._lock = threading.Lock()
        self.board = menu.Board(menu.GCP, self._armed, self._lock, self._arm, self._undo)
        self._http = Server(self._reply, lambda: self.issuer.skew)
        self._grpc = grpc.server(futures.ThreadPoolExecutor(16), options=[("grpc.max_send_message_length", -1)])
        self._grpc.add_generic_rpc_handlers(rpcs.handlers(self._serve))
        number = self._grpc.add_insecure_port("127.0.0.1:0")
        self._grpc.start()
        self._port = Port(self.port, number, self._http.number, self.tls)
        self.url = f"{'https' if self.tls else 'http'}://127.0.0.1:{self._port.number}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop serving."""
        self._port.close()
        self._http.close()
        self._grpc.stop(0)

    def workload_file(self, folder: Path, *, account: str = "") -> Path:
        """Write what workload identity federation is configured by, and return where.

        `account` is the service account that is acted as; without one the outside identity reads by itself.
        """
        return self.issuer.workload_file(folder, self.url, account)

    def environ(self, folder: Path) -> dict[str, str]:
        """Return the variables under which google-auth finds the credentials of this double."""
        return {"GOOGLE_APPLICATION_CREDENTIALS": str(self.issuer.key_file(folder, self.url)), "GCE_METADATA_HOST": "127.0.0.1:1"}

    def handle(self, name: str, handler: Handler) -> None:
        """Answer a method with what a function of its parameters returns."""
        self.answers[name] = handler

    def script(self, pages: Mapping[str, Pages]) -> None:
        """Answer methods with these pages."""
        for name, scripted in pages.items():
            self.handle(name, _always(scripted))

    def fault(self, operation: str, fault: Fault, page: int | None = None, request: int | None = None,
              where: Mapping[str, Any] | None = None) -> None:
        """Let requests that meet all conditions fail; `operation` may be a pattern such as `sql.*`."""
        self._armed.append(Armed(fault, operation, page, request, where or {}, fault.times))

    def reset(self) -> None:
        """Forget the faults and the calls; scripts stay."""
        with self._lock:
            self._armed.clear()
            self.calls.clear()
            self._counts.clear()
            self.unserved.clear()
            self.defects.clear()

    def _arm(self, order: menu.Order, fault: Fault) -> Armed:
        if order.fault == "skewed":
            self.issuer.skew = order.seconds
        return Armed(fault, order.match, order.page, order.request, order.where, fault.times)

    def _undo(self) -> None:
        self.issuer.skew = 0.0

    def forget(self) -> None:
        """Take every token back."""
        self.issuer.tokens.clear()

    def _record(self, name: str, params: dict[str, Any], token: str, headers: Mapping[str, str]) -> Call:
        with self._lock:
            number = next(self._counts.setdefault(name, itertools.count(1)))
            call = Call(name, params, begin(name, token), number, headers)
            self.calls.append(call)
        return call

    def _struck(self, call: Call) -> Fault | None:
        with self._lock:
            for armed in self._armed:
                if armed.strikes(call.name, call.page, call.number, call.params):
                    armed.left = None if armed.left is None else armed.left - 1
                    armed.struck += 1
                    return armed.fault
        return None

    def _answer(self, call: Call, fault: Fault | None, *, pages: bool) -> dict[str, Any] | ErrorAnswer | bytes:
        if fault and fault.delay:
            time.sleep(fault.delay)
        if not self.issuer.known(call.headers):
            return _refused()
        if fault and fault.says:
            return fault.says
        handler = self.answers.get(call.name)
        if handler is None:
            self.unserved.append(call.name)
            return ErrorAnswer("UNIMPLEMENTED", 501, f"{call.name} has no answer here")
        if call.page is None:
            return ErrorAnswer("INVALID_ARGUMENT", 400, "The page token is not valid")
        bare = {name: value for name, value in call.params.items() if name not in ("page_token", "pageToken")}
        said = handler(bare)
        if isinstance(said, Made):
            return said.told(call.page, lambda page: make_token(call.name, page))
        return spoilt(fault.paging if fault else "", said, call.name, call.page, call.number, pages=pages)

    def _serve(self, name: str, data: bytes, context: Any) -> bytes:
        rpc = rpcs.RPCS[name]
        params = rpc.params(data)
        headers = {key: value for key, value in context.invocation_metadata() if isinstance(value, str)}
        call = self._record(name, params, str(params.get("page_token", "")), headers)
        fault = self._struck(call)
        if fault and fault.wire == "cut":
            context.abort(grpc.StatusCode.UNAVAILABLE, "Socket closed")
        answer = self._answer(call, fault, pages=rpc.pages)
        if isinstance(answer, ErrorAnswer):
            rpcs.abort(context, answer)
            return b""
        try:
            made = answer if isinstance(answer, bytes) else rpc.bytes(answer)
        except ParseError as error:
            self.defects.append(f"{name}: {error}")
            raise
        if fault and fault.padding:
            made += rpcs.unknown(fault.padding)
        if fault and fault.wire:
            return b"\x0a\xff\x01" if fault.wire == "rubbish" else made[: len(made) - max(len(made) // 3, 1)]
        return made

    def _spoilt(self, token: Outgoing) -> Outgoing:
        """Return an answer of the token endpoint, or what strikes it."""
        with self._lock:
            number = next(self._counts.setdefault(menu.TOKEN, itertools.count(1)))
        fault = self._struck(Call(menu.TOKEN, {}, 1, number, {}))
        if fault and fault.delay:
            time.sleep(fault.delay)
        if fault and fault.says:
            said = {"error": fault.says.code.lower(), "error_description": fault.says.message}
            return Outgoing(fault.says.status, said, fault.says.headers, fault)
        return replace(token, fault=fault)

    def _reply(self, item: Incoming) -> Outgoing:
        if item.path == menu.PATH:
            return Outgoing(*self.board.answer(item.verb, item.data))
        token = self.issuer.reply(item)
        if token is not None:
            return self._spoilt(token)
        found = next(candidates(item.verb, item.quoted, item.headers.get("x-forwarded-host", "")), None)
        if found is None:
            self.unserved.append(f"{item.verb} {item.path}")
            return Outgoing(404, {"error": {"code": 404, "message": "Not found.", "status": "NOT_FOUND"}})
        method, inner = found
        params = {**item.query, **(item.body or {}), **inner}
        bytes_ = method.media and item.query.get("alt") == "media"
        page = make_token(method.id, 2) if bytes_ and media.start(item) else str(params.get("pageToken", ""))
        call = self._record(method.id, params, page, item.headers)
        fault = self._struck(call)
        known = {*method.parameters, "alt"} if bytes_ else method.parameters
        stranger = next((name for name in item.query if name not in known), "")
        answer = self._answer(call, replace(fault, paging="") if fault and bytes_ else fault, pages=method.pages)
        if stranger and not isinstance(answer, ErrorAnswer):
            answer = ErrorAnswer("INVALID_ARGUMENT", 400, f'Invalid JSON payload received. Unknown name "{stranger}"')
        if isinstance(answer, ErrorAnswer):
            return Outgoing(answer.status, answer.body, answer.headers, fault)
        assert not isinstance(answer, bytes), "what is made beforehand goes out by gRPC"
        request = {"x-request-id": f"{method.id}-{call.number}"}
        if bytes_:
            return media.piece(item, answer, request, fault)
        if self.strict:
            self.defects += [f"{method.id}: {one}" for one in strangers("#" + method.response, answer, method.schemas)]
        return Outgoing(200, answer, request, fault)


def _always(pages: Pages) -> Handler:
    return lambda _params: pages


def _refused() -> ErrorAnswer:
    said = expired_credentials().says
    assert said
    return said
