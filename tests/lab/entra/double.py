"""A double of Microsoft Graph and of the token endpoint, over HTTPS on 127.0.0.1.

Which path is which call comes from the SDK's own URL templates; what is answered are plain pages in
the published shapes, held against the SDK's models by `judge`. The double makes the links.
"""

from __future__ import annotations

import itertools
import json
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import Any, Self
from urllib.parse import SplitResult, parse_qs, urlencode, urlsplit

from kiota_abstractions.authentication import AnonymousAuthenticationProvider
from msgraph import GraphRequestAdapter
from msgraph.generated.base_graph_service_client import BaseGraphServiceClient

from agent.clients.entra import calls
from tests.lab import menu
from tests.lab.entra.certificate import certificate
from tests.lab.entra.faults import Armed, Fault
from tests.lab.entra.http import Reply, Server
from tests.lab.entra.tokens import APPLICATION, SECRET, Endpoint, spoilt, taken
from tests.lab.made import Made

TENANT = "11111111-2222-4333-8444-555555555555"
UNKNOWN_TOKEN = Fault("", 401, "InvalidAuthenticationToken", "Access token is empty or unknown.")
Params = dict[str, str]
Pages = Sequence[Mapping[str, Any]]
Handler = Callable[[tuple[str, ...], Params], Pages | Made | Fault]


@dataclass(frozen=True, slots=True)
class Call:
    """One request that came in."""

    name: str
    ids: tuple[str, ...]
    params: Params
    page: int
    number: int
    authorization: str


@dataclass
class Double:
    """Serves handlers by call name (`audit_logs.sign_ins`); tokens are for `tenant`."""

    tenant: str = TENANT
    lifetime: int = 3600
    certificate: Path = field(default_factory=certificate)
    port: int = 0

    def __post_init__(self) -> None:
        self.calls: list[Call] = []
        self.batches: list[list[str]] = []
        self._endpoint = Endpoint(self.tenant, self.lifetime)
        self.tokens = self._endpoint.issued
        self.unserved: list[str] = []
        self._armed: list[Armed] = []
        self._handlers: dict[str, tuple[re.Pattern[str], Handler]] = {}
        self._counts: dict[str, itertools.count[int]] = {}
        self._lock = threading.Lock()
        self._root = BaseGraphServiceClient(GraphRequestAdapter(AnonymousAuthenticationProvider()))
        self.board = menu.Board(menu.ENTRA, self._armed, self._lock, taken)
        self._server = Server(self.certificate, self._reply, self.port)
        self.url = self._server.url

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop serving."""
        self._server.close()

    def environ(self) -> dict[str, str]:
        """Return the variables under which azure-identity and the client speak to this double."""
        return {
            "AZURE_AUTHORITY_HOST": self.url,
            "AZURE_TENANT_ID": self.tenant,
            "AZURE_CLIENT_ID": APPLICATION,
            "AZURE_CLIENT_SECRET": SECRET,
            "REQUESTS_CA_BUNDLE": str(self.certificate),
        }

    def handle(self, name: str, handler: Handler) -> None:
        """Answer a call with what a function of its ids and parameters returns."""
        path = re.escape(calls.path(self._root, name)).replace(re.escape("{id}"), "([^/]+)")
        self._handlers[name] = re.compile(f"/v1.0{path}", re.IGNORECASE), handler

    def fault(
        self, operation: str, fault: Fault, page: int | None = None, request: int | None = None, *,
        onwards: bool = False, ids: tuple[str, ...] = (),
    ) -> None:
        """Let requests that meet all conditions fail; `operation` may be a pattern."""
        self._armed.append(Armed(fault, operation, page, request, onwards, ids, fault.times))

    def calm(self) -> None:
        """Forget the faults."""
        with self._lock:
            self._armed.clear()

    def reset(self) -> None:
        """Forget faults, calls and handlers."""
        with self._lock:
            self._armed.clear()
            self.calls.clear()
            self.batches.clear()
            self.unserved.clear()
            self._counts.clear()
            self._handlers.clear()

    def _reply(self, method: str, target: str, headers: Message, body: bytes) -> Reply:
        parts = urlsplit(target)
        if parts.path == menu.PATH:
            return Reply(*self.board.answer(method, body))
        if parts.path.endswith("/.well-known/openid-configuration"):
            return Reply(200, self._endpoint.discovery(self.url, parts.path.split("/")[1]))
        if method == "POST" and parts.path.endswith("/oauth2/v2.0/token"):
            self._endpoint.tenant, self._endpoint.lifetime = self.tenant, self.lifetime
            return spoilt(self._endpoint.answer(parse_qs(body.decode())), self._token_fault())
        if method == "POST" and parts.path == "/v1.0/$batch":
            return self._batch(body, headers.get("Authorization", ""))
        return self._graph(parts, headers.get("Authorization", ""))

    def _token_fault(self) -> Fault | None:
        with self._lock:
            return self._struck(menu.TOKEN, 1, next(self._counts.setdefault(menu.TOKEN, itertools.count(1))), ())

    def _batch(self, body: bytes, authorization: str) -> Reply:
        """Answer up to twenty questions in an order of our own; what spoils the wire of one spoils all."""
        questions = json.loads(body)["requests"]
        with self._lock:
            number = next(self._counts.setdefault("$batch", itertools.count(1)))
            self.batches.append([one["url"] for one in questions])
            fault = self._struck("$batch", 1, number, ())
        if not self._known(authorization) or (fault and fault.status):
            return _error(fault if fault and fault.status else UNKNOWN_TOKEN, f"batch-{number}")
        wrong = [one for one in questions if one["method"] != "GET" or not one["url"].startswith("/")]
        if wrong or len(questions) > 20 or len({one["id"] for one in questions}) < len(questions):
            return _error(Fault("", 400, "BadRequest", f"Invalid batch payload format: {wrong}."), f"batch-{number}")
        said = [(one["id"], self._graph(urlsplit("/v1.0" + one["url"]), authorization)) for one in questions]
        spoilt = next((one.fault for _, one in said if one.fault and one.fault.spoils), fault)
        kept = [part for part in said if not (part[1].fault and part[1].fault.wire == "left_out")]
        return Reply(200, {"responses": [_part(*one) for one in reversed(kept)]}, {}, spoilt, f"batch-{number}")

    def _known(self, authorization: str) -> bool:
        return authorization.removeprefix("Bearer ") in self.tokens

    def _graph(self, parts: SplitResult, authorization: str) -> Reply:
        params = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        path = parts.path
        if not self._known(authorization):
            return _error(UNKNOWN_TOKEN, "lab-0")
        for name, (pattern, handler) in self._handlers.items():
            if found := pattern.fullmatch(path):
                return self._answer(name, found.groups(), path, params, handler, authorization)
        self.unserved.append(path)
        return _error(Fault("", 404, "ResourceNotFound", f"Resource not found for the segment {path}."), "lab-0")

    def _answer(
        self, name: str, ids: tuple[str, ...], path: str, params: Params, handler: Handler, authorization: str,
    ) -> Reply:
        page = int(params.get("$skiptoken", 1))
        with self._lock:
            number = next(self._counts.setdefault(name, itertools.count(1)))
            self.calls.append(Call(name, ids, params, page, number, authorization))
            fault = self._struck(name, page, number, ids)
        request = f"{name}-{number}"
        said = fault if fault and fault.status else handler(ids, params)
        if isinstance(said, Fault):
            return _error(said, request)
        where = f"{self.url}{path}"
        if isinstance(said, Made):
            link = f"{where}?{urlencode(params | {'$skiptoken': ''})}"
            return Reply(200, {}, {}, fault, request, said.told(page, lambda one: f"{link}{one}"))
        return Reply(200, self._page(said, page, where, params, fault), fault=fault, request=request)

    def _struck(self, name: str, page: int, number: int, ids: tuple[str, ...]) -> Fault | None:
        for armed in self._armed:
            if armed.strikes(name, page, number, ids):
                armed.left = None if armed.left is None else armed.left - 1
                armed.struck += 1
                return armed.fault
        return None

    def _page(self, pages: Pages, page: int, where: str, params: Params, fault: Fault | None) -> dict[str, Any]:
        paging, turn, more = fault.paging if fault else "", page, page < len(pages)
        shift = int(params.get("lab-shift", 0))
        if paging in ("empty", "repeat_page"):
            shift, more = shift + 1, True
            turn = page - 1 if paging == "repeat_page" else page
        else:
            turn, more = page - shift, page - shift < len(pages)
        body: dict[str, Any] = {"@odata.context": f"{self.url}/v1.0/$metadata", **pages[max(turn, 1) - 1]}
        if paging == "empty":
            body["value"] = []
        if paging == "reversed":
            body["value"] = body["value"][::-1]
        if paging == "foreign" and fault:
            body["@odata.nextLink"] = fault.link
        elif more or paging == "repeat_link":
            token = page if paging == "repeat_link" else page + 1
            shifted = {"lab-shift": shift} if shift else {}
            body["@odata.nextLink"] = f"{where}?{urlencode({**params, **shifted, '$skiptoken': token})}"
        return body


def _part(identifier: str, said: Reply) -> dict[str, Any]:
    headers = {"Content-Type": "application/json", "request-id": said.request, **said.headers}
    return {"id": identifier, "status": said.status, "headers": headers, "body": said.body}


def _error(fault: Fault, request: str) -> Reply:
    inner = {"date": "2026-06-01T00:00:00", "request-id": request, "client-request-id": request}
    body = {"error": {"code": fault.code, "message": fault.message, "innerError": inner}}
    return Reply(fault.status, body, dict(fault.headers), fault, request)


__all__ = ["APPLICATION", "SECRET", "TENANT", "Call", "Double", "Handler", "Pages"]
