"""One RPC through Google's own client classes, on a channel of ours."""

from __future__ import annotations

import importlib
import threading
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import grpc
from google.api_core import exceptions
from google.api_core.operation import Operation

from agent import __version__
from agent.clients.deadline import Deadline
from agent.clients.gcp.credentials import Identity, roots
from agent.clients.gcp.errors import BrokenError, LateError, of_rpc
from agent.clients.gcp.methods import Rpc

SERVICES = {
    "asset": ("google.cloud.asset_v1.services.asset_service", "AssetService", "cloudasset"),
    "logging": ("google.cloud.logging_v2.services.logging_service_v2", "LoggingServiceV2", "logging"),
    "logging_metrics": ("google.cloud.logging_v2.services.metrics_service_v2", "MetricsServiceV2", "logging"),
    "logging_config": ("google.cloud.logging_v2.services.config_service_v2", "ConfigServiceV2", "logging"),
}
"""Where each client class is: its module, its name, the host."""
LIMIT = 1 << 28
"""The largest message that is taken, in bytes."""
MISSING = -1


@dataclass(slots=True)
class Stubs:
    """The client classes of one scope, each made once."""

    identity: Identity
    _made: dict[str, Any] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, rpc: Rpc, parameters: dict[str, Any], deadline: Deadline) -> Any:
        """Return the first page of the answer as the library's own message; raises one of `errors`."""
        try:
            return self._send(rpc, parameters, deadline, fresh=False)
        except exceptions.Unauthenticated:
            pass  # a token that was taken back before its time is fetched once more
        except exceptions.GoogleAPICallError as error:
            raise _translated(error) from None
        try:
            return self._send(rpc, parameters, deadline, fresh=True)
        except exceptions.GoogleAPICallError as error:
            raise _translated(error) from None

    def _send(self, rpc: Rpc, parameters: dict[str, Any], deadline: Deadline, *, fresh: bool) -> Any:
        client = self._client(rpc.service)
        headers = self.identity.headers(f"https://{SERVICES[rpc.service][2]}.googleapis.com/", fresh=fresh)
        try:
            answer = getattr(client, rpc.method)(
                request=parameters, retry=None, timeout=max(deadline.left(), 0.1), metadata=list(headers.items()),
            )
        except (TypeError, AttributeError) as error:  # what proto-plus raises for a member that is not there
            raise ValueError(str(error)) from None
        if isinstance(answer, Operation):  # what the library would wait for by itself, past every deadline
            return answer.operation
        pages = getattr(answer, "pages", None)
        return answer if pages is None else next(iter(pages))

    def _client(self, service: str) -> Any:
        with self._lock:
            made = self._made.get(service)
            if made is None:
                module, name, host = SERVICES[service]
                client = getattr(importlib.import_module(module), f"{name}Client")
                transport = client.get_transport_class("grpc")
                made = self._made[service] = client(transport=transport(channel=self._channel(host)))
        return made

    def _channel(self, host: str) -> Any:
        options = [
            ("grpc.max_receive_message_length", LIMIT), ("grpc.max_metadata_size", 1 << 16),
            ("grpc.primary_user_agent", f"annexa/{__version__}"), ("grpc.enable_retries", 0),
            ("grpc.use_local_subchannel_pool", 1),
        ]
        place = urlsplit(self.identity.scope.endpoint)
        if place.scheme == "http":
            return grpc.insecure_channel(place.netloc, options)
        target = f"{place.hostname}:{place.port or 443}" if place.scheme else f"{host}.googleapis.com:443"
        return grpc.secure_channel(target, grpc.ssl_channel_credentials(root_certificates=roots()), options)


def _translated(error: Any) -> Exception:
    code = error.grpc_status_code
    if isinstance(error, exceptions.DeadlineExceeded):
        return LateError(error.message)
    if code is None or (isinstance(error, exceptions.InternalServerError) and "eserializ" in error.message):
        return BrokenError(error.message)
    return of_rpc(code.name, int(error.code or 0), error.message, error.details)
