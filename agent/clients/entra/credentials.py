"""Tokens for Microsoft Graph, by whichever credential azure-identity finds: secret, certificate, identity, CLI."""

from __future__ import annotations

import base64
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson
from azure.core.credentials import AccessToken
from azure.identity import DefaultAzureCredential

from agent.clients.entra.scope import CLOUDS, EntraScope
from agent.errors import ConfigurationError

SPARE = 300.0
"""A token is renewed this many seconds before it ends."""
TIMEOUTS = {"connection_timeout": 10, "read_timeout": 30, "retry_total": 2}


def bundle() -> str:
    """Return the file of certificates that the environment names, '' where it names none."""
    return os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE") or ""


def places(scope: EntraScope) -> tuple[str, str]:
    """Return where Graph is and where its tokens come from; raises `ConfigurationError` for an unknown cloud."""
    if scope.cloud not in CLOUDS:
        raise ConfigurationError(
            f"scope {scope.name}: {scope.cloud} is no known cloud", advice=f"One of {', '.join(CLOUDS)}"
        )
    graph, authority = CLOUDS[scope.cloud]
    where = scope.endpoint.rstrip("/") or graph
    if not where.startswith("https://"):
        raise ConfigurationError(
            f"scope {scope.name}: tokens are not sent to {where}", advice="Give an endpoint that begins with https://"
        )
    return where, scope.authority or os.environ.get("AZURE_AUTHORITY_HOST") or authority


def _credential(scope: EntraScope) -> Any:
    _, authority = places(scope)
    verify = {"connection_verify": bundle()} if bundle() else {}
    return DefaultAzureCredential(
        authority=authority,
        disable_instance_discovery=authority.rstrip("/") not in {one for _, one in CLOUDS.values()},
        additionally_allowed_tenants=[scope.tenant],
        exclude_shared_token_cache_credential=True,
        exclude_visual_studio_code_credential=True,
        **TIMEOUTS,
        **verify,
    )


@dataclass(slots=True)
class Tokens:
    """The token of one scope, renewed before it ends; safe to use from many threads."""

    scope: EntraScope
    make: Callable[[EntraScope], Any] = _credential
    _made: Any = None
    _held: AccessToken | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def token(self, claims: str = "") -> str:
        """Return a token that is valid now; raises `AzureError` where nobody gives one."""
        with self._lock:
            if claims or self._held is None or self._held.expires_on - time.time() < SPARE:
                self._made = self._made or self.make(self.scope)
                asked = {"claims": claims} if claims else {}
                audience = f"{CLOUDS[self.scope.cloud][0]}/.default"
                self._held = self._made.get_token(audience, tenant_id=self.scope.tenant, **asked)
            return str(self._held.token)

    def drop(self, refused: str) -> None:
        """Forget a token that was refused, and whatever azure-identity keeps of it."""
        with self._lock:
            if self._held is not None and self._held.token == refused:
                self._held = self._made = None


def claims_of(token: str) -> dict[str, Any]:
    """Return what a token says of its bearer, {} where it is sealed; nothing is decided by it but names."""
    parts = token.split(".")
    try:
        found = orjson.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (IndexError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
