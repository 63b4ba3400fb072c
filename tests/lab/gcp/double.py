"""A double of Google Cloud: every service behind one address, by gRPC and by REST, with a token endpoint.

Answers are plain dicts as Google's JSON has them. What goes out by gRPC is made by the published
message classes, what goes out by REST is held against the published discovery documents.
"""

from __future__ import annotations

import base64
import itertools
import json
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from concurrent import futures
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import grpc
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.protobuf.json_format import ParseError

from tests.lab.gcp import rpcs
from tests.lab.gcp.faults import Armed, ErrorAnswer, Fault, expired_credentials
from tests.lab.gcp.http import Incoming, Outgoing, Server
from tests.lab.gcp.paging import Pages, begin, spoilt
from tests.lab.gcp.port import Port
from tests.lab.gcp.published import candidates, strangers

AUDIENCE = "//iam.googleapis.com/projects/1032/locations/global/workloadIdentityPools/lab/providers/ci"
"""The provider of workload identity that the double knows."""
SHORT = 600
"""By how many seconds the clocks of the agent and of Google may differ before no token is given."""
LATE = ("Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and "
        "exp values in the JWT claim.")
ACCOUNT = "annexa@lab-security.iam.gserviceaccount.com"
Handler = Callable[[dict[str, Any]], Pages]


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
        self.tokens: set[str] = set()
        self.outside: set[str] = set()
        self.skew = 0.0
        self._serial = itertools.count(1)
        self._counts: dict[str, itertools.count[int]] = {}
        self._armed: list[Armed] = []
        self.answers: dict[str, Handler] = dict(self.handlers)
        self._lock = threading.Lock()
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._http = Server(self._reply, lambda: self.skew)
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

    def key_file(self, folder: Path) -> Path:
        """Write the key of a service account whose tokens come from this double, and return where."""
        pem = self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path = folder / "key.json"
        path.write_text(json.dumps({
            "type": "service_account", "project_id": "lab-security", "private_key_id": "1", "client_id": "1",
            "private_key": pem.decode(), "client_email": ACCOUNT, "token_uri": f"{self.url}/token",
        }))
        return path

    def workload_file(self, folder: Path, *, account: str = "") -> Path:
        """Write what workload identity federation is configured by, with a token of the outside, and return where.

        `account` is the service account that is acted as; without one the outside identity reads by itself.
        """
        token, path = folder / "outside.jwt", folder / "workload.json"
        token.write_text("outside-token")
        self.outside.add("outside-token")
        acting = f"{self.url}/v1/projects/-/serviceAccounts/{account}:generateAccessToken"
        path.write_text(json.dumps({
            "type": "external_account", "audience": AUDIENCE, "token_url": f"{self.url}/v1/token",
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt", "credential_source": {"file": str(token)},
            **({"service_account_impersonation_url": acting} if account else {}),
        }))
        return path

    def environ(self, folder: Path) -> dict[str, str]:
        """Return the variables under which google-auth finds the credentials of this double."""
        return {"GOOGLE_APPLICATION_CREDENTIALS": str(self.key_file(folder)), "GCE_METADATA_HOST": "127.0.0.1:1"}

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

    def forget(self) -> None:
        """Take every token back."""
        self.tokens.clear()

    def _token(self) -> str:
        token = f"lab-{next(self._serial)}"
        self.tokens.add(token)
        return token

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
                    return armed.fault
        return None

    def _known(self, headers: Mapping[str, str]) -> bool:
        return headers.get("authorization", "").removeprefix("Bearer ") in self.tokens

    def _answer(self, call: Call, fault: Fault | None, *, pages: bool) -> dict[str, Any] | ErrorAnswer:
        if fault and fault.delay:
            time.sleep(fault.delay)
        if not self._known(call.headers):
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
        return spoilt(fault.paging if fault else "", handler(bare), call.name, call.page, call.number, pages=pages)

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
            made = rpc.bytes(answer)
        except ParseError as error:
            self.defects.append(f"{name}: {error}")
            raise
        if fault and fault.padding:
            made += rpcs.unknown(fault.padding)
        if fault and fault.wire:
            return b"\x0a\xff\x01" if fault.wire == "rubbish" else made[: len(made) - max(len(made) // 3, 1)]
        return made

    def _reply(self, item: Incoming) -> Outgoing:
        if item.path == "/token":
            if abs(_issued(item.body or {}) - time.time() - self.skew) > SHORT:
                return Outgoing(400, {"error": "invalid_grant", "error_description": LATE})
            return Outgoing(200, {"access_token": self._token(), "expires_in": 3600, "token_type": "Bearer"})
        if item.path == "/v1/token":
            return self._exchanged(item.body or {})
        if item.path.endswith(":generateAccessToken"):
            return self._impersonated(item)
        found = next(candidates(item.verb, item.path, item.headers.get("x-forwarded-host", "")), None)
        if found is None:
            self.unserved.append(f"{item.verb} {item.path}")
            return Outgoing(404, {"error": {"code": 404, "message": "Not found.", "status": "NOT_FOUND"}})
        method, inner = found
        params = {**item.query, **(item.body or {}), **inner}
        call = self._record(method.id, params, str(params.get("pageToken", "")), item.headers)
        fault = self._struck(call)
        stranger = next((name for name in item.query if name not in method.parameters), "")
        answer = self._answer(call, fault, pages=method.pages)
        if stranger and not isinstance(answer, ErrorAnswer):
            answer = ErrorAnswer("INVALID_ARGUMENT", 400, f'Invalid JSON payload received. Unknown name "{stranger}"')
        if isinstance(answer, ErrorAnswer):
            return Outgoing(answer.status, answer.body, answer.headers, fault)
        if self.strict:
            self.defects += [f"{method.id}: {one}" for one in strangers("#" + method.response, answer, method.schemas)]
        request = {"x-request-id": f"{method.id}-{call.number}"}
        return Outgoing(200, answer, request, fault)

    def _exchanged(self, asked: dict[str, Any]) -> Outgoing:
        """Return a token for one of the outside, as Google's security token service does."""
        kind = "urn:ietf:params:oauth:grant-type:token-exchange"
        if asked.get("grant_type") != kind or asked.get("audience") != AUDIENCE:
            return Outgoing(400, {"error": "invalid_request", "error_description": "Invalid value for \"audience\"."})
        if asked.get("subject_token") not in self.outside:
            return Outgoing(400, {"error": "invalid_grant", "error_description": "The token is expired or not valid."})
        return Outgoing(200, {
            "access_token": self._token(), "expires_in": 3600, "token_type": "Bearer",
            "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
        })

    def _impersonated(self, item: Incoming) -> Outgoing:
        if not self._known(item.headers):
            refused = _refused()
            return Outgoing(401, refused.body)
        until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
        return Outgoing(200, {"accessToken": self._token(), "expireTime": until})


def _always(pages: Pages) -> Handler:
    return lambda _params: pages


def _issued(asked: dict[str, Any]) -> float:
    """Return when the assertion of a service account says that it was made."""
    middle = str(asked.get("assertion", "..")).split(".")[1]
    return float(json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))["iat"])


def _refused() -> ErrorAnswer:
    said = expired_credentials().says
    assert said
    return said
