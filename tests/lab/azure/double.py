"""A double of Azure Resource Manager, Resource Graph, Log Analytics and the token endpoint, over HTTPS on 127.0.0.1.

Which path is which operation comes from the client's table, which the contract suite holds against
Microsoft's own packages; what is answered are plain pages in the published shapes, held against
their models by `judge`. The double makes the links and tokens that lead from page to page.
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
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from agent.clients.azure.methods import ODATA, WHOLE, Method
from agent.clients.azure.operations import METHODS
from tests.lab import menu
from tests.lab.azure.faults import Armed, Fault
from tests.lab.entra.certificate import certificate
from tests.lab.entra.http import Reply, Server
from tests.lab.entra.tokens import APPLICATION, FEDERATED, SECRET, Endpoint, spoilt, taken
from tests.lab.made import Made
from tests.lab.told import Paged

TENANT = "11111111-2222-4333-8444-555555555555"
SUBSCRIPTION = "aaaaaaaa-1111-4222-8333-444444444444"
Params = dict[str, Any]
Pages = Sequence[Mapping[str, Any]]
Handler = Callable[[Params], Pages | Made | Fault]


@dataclass(frozen=True, slots=True)
class Call:
    """One request that came in: its parts of the path, query and body by name."""

    name: str
    params: Params
    page: int
    number: int
    authorization: str


@dataclass
class Double:
    """Serves handlers by operation (`monitor.activity_logs.list`); tokens are for `tenant`."""

    tenant: str = TENANT
    lifetime: int = 3600
    certificate: Path = field(default_factory=certificate)
    port: int = 0

    def __post_init__(self) -> None:
        self.calls: list[Call] = []
        self.unserved: list[str] = []
        self.headers: dict[str, str] = {}
        """Headers that go with every answer to an operation."""
        self._armed: list[Armed] = []
        self._handlers: dict[str, Handler] = {}
        self._counts: dict[str, itertools.count[int]] = {}
        self._lock = threading.Lock()
        self.endpoint = Endpoint(self.tenant, self.lifetime)
        self.tokens = self.endpoint.issued
        self.board = menu.Board(menu.AZURE, self._armed, self._lock, taken)
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
        """Answer an operation with what a function of its parameters returns."""
        assert name in METHODS, f"the client knows no {name}"
        self._handlers[name] = handler

    def handler(self, name: str) -> Handler:
        """Return what answers an operation."""
        return self._handlers[name]

    def fault(
        self, operation: str, fault: Fault, page: int | None = None, request: int | None = None, *,
        onwards: bool = False,
    ) -> None:
        """Let requests that meet all conditions fail; `operation` may be a pattern."""
        self._armed.append(Armed(fault, operation, page, request, onwards, (), fault.times))

    def reset(self) -> None:
        """Forget faults, calls and handlers."""
        with self._lock:
            for kept in (self._armed, self.calls, self.unserved):
                kept.clear()
            for held in (self._counts, self._handlers, self.headers):
                held.clear()

    def _reply(self, method: str, target: str, headers: Message, body: bytes) -> Reply:
        parts = urlsplit(target)
        if parts.path == menu.PATH:
            return Reply(*self.board.answer(method, body))
        if parts.path.endswith("/.well-known/openid-configuration"):
            return Reply(200, self.endpoint.discovery(self.url, parts.path.split("/")[1]))
        if method == "POST" and parts.path.endswith("/oauth2/v2.0/token"):
            self.endpoint.tenant, self.endpoint.lifetime = self.tenant, self.lifetime
            return spoilt(self.endpoint.answer(parse_qs(body.decode())), self._token_fault())
        if parts.path == "/msi/token":
            return self.endpoint.managed(parse_qs(parts.query), headers.get("X-IDENTITY-HEADER", ""))
        params: Params = {
            name.removeprefix("$") if name != "$skipToken" else name: values[0]
            for name, values in parse_qs(parts.query, keep_blank_values=True).items()
        }
        params |= json.loads(body) if body else {}
        return self._serve(method, parts.path, params, headers)

    def _token_fault(self) -> Fault | None:
        with self._lock:
            return self._struck(menu.TOKEN, 1, next(self._counts.setdefault(menu.TOKEN, itertools.count(1))))

    def _serve(self, verb: str, path: str, params: Params, headers: Message) -> Reply:
        authorization = headers.get("Authorization", "")
        if authorization.removeprefix("Bearer ") not in self.tokens:
            return _error(Fault("", 401, "InvalidAuthenticationToken", "The access token is invalid."), "lab-0")
        name, parts = _operation(verb, path, params.get("api-version", ""))
        if name not in self._handlers:
            self.unserved.append(f"{verb} {path}")
            return _error(Fault("", 404, "ResourceNotFound", f"The resource {path} was not found."), "lab-0")
        return self._answer(name, path, {**params, **parts, **_table(params)}, authorization)

    def _answer(self, name: str, path: str, params: Params, authorization: str) -> Reply:
        method = METHODS[name]
        options = params.get("options") or {}
        token = str(options.get("$skipToken") or params.get("$skipToken") or "1-0")
        page, shift = (int(one) for one in token.split("-"))
        with self._lock:
            number = next(self._counts.setdefault(name, itertools.count(1)))
            self.calls.append(Call(name, params, page, number, authorization))
            fault = self._struck(name, page, number)
        request = f"{name}-{number}"
        said = fault if fault and fault.status else self._handlers[name](params)
        if isinstance(said, Fault):
            return _error(said, request)
        where = f"{self.url}{path}"
        headers = {"x-ms-request-id": request, **self.headers}
        if isinstance(said, Made):
            made = said.told(page, lambda one: _onwards(method, where, params, f"{one}-0"))
            return Reply(200, {}, headers, fault, request, made)
        return Reply(200, self._page(method, said, (page, shift), where, params, fault), headers, fault, request)

    def _struck(self, name: str, page: int, number: int) -> Fault | None:
        for armed in self._armed:
            if armed.strikes(name, page, number, ()):
                armed.left = None if armed.left is None else armed.left - 1
                armed.struck += 1
                return armed.fault
        return None

    def _page(
        self, method: Method, pages: Pages, at: tuple[int, int], where: str, params: Params, fault: Fault | None,
    ) -> dict[str, Any]:
        paging, (page, shift) = fault.paging if fault else "", at
        if paging in ("empty", "repeat_page"):
            shift, more, turn = shift + 1, True, page - 1 if paging == "repeat_page" else page
        else:
            turn, more = page - shift, page - shift < len(pages)
        body = dict(pages[max(turn, 1) - 1])
        if paging == "empty":
            body[method.items] = []
        if paging == "reversed":
            body[method.items] = body[method.items][::-1]
        if method.link == "$skipToken":
            total = len(pages.items) if isinstance(pages, Paged) else sum(len(one[method.items]) for one in pages)
            body = {"totalRecords": total, "count": len(body[method.items]), "facets": [],
                    "resultTruncated": "false", **body}
        if paging == "foreign" and fault:
            body[method.link] = fault.link
        elif method.link and (more or paging == "repeat_link"):
            body[method.link] = _onwards(
                method, where, params, f"{page + (paging != 'repeat_link')}-{shift}"
            )
        return body


PARTS = {part for method in METHODS.values() for part in method.parts} | {"table"}


def _onwards(method: Method, where: str, params: Params, token: str) -> str:
    """Return what leads to the next page: a token, or a link that holds it."""
    if method.link == "$skipToken":
        return token
    kept = {f"${name}" if name in ODATA else name: value
            for name, value in params.items() if isinstance(value, str) and name not in PARTS}
    return f"{where}?{urlencode({**kept, '$skipToken': token})}"


def _operation(verb: str, path: str, version: str) -> tuple[str, dict[str, str]]:
    for name, method in METHODS.items():
        if (method.verb, method.version) != (verb, version):
            continue
        pattern = re.sub(r"\\\{(\w+)\\\}", lambda part: f"(?P<{part[1]}>{'.+' if part[1] in WHOLE else '[^/]+'})",
                         re.escape(method.path))
        if found := re.fullmatch(pattern, path, re.IGNORECASE):
            return name, {part: unquote(value) for part, value in found.groupdict().items()}
    return "", {}


def _table(params: Params) -> Params:
    """Return the table that a query of Resource Graph or Log Analytics begins with, for the rules of cases."""
    return {"table": str(params["query"]).split()[0].lower()} if "query" in params else {}


def _error(fault: Fault, request: str) -> Reply:
    body = {"error": {"code": fault.code, "message": fault.message}}
    return Reply(fault.status, body, {"x-ms-request-id": request, **fault.headers}, fault, request)


__all__ = ["APPLICATION", "FEDERATED", "SECRET", "SUBSCRIPTION", "TENANT", "Call", "Double", "Handler", "Pages"]
