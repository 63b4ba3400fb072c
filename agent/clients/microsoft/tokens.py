"""Tokens of Microsoft Entra, by whichever credential azure-identity finds: secret, certificate, identity, CLI."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

import orjson
from azure.core.credentials import AccessToken
from azure.identity import CertificateCredential, ClientSecretCredential, DefaultAzureCredential

from agent.clients.bundle import bundle
from agent.clients.microsoft.application import NOBODY, Application
from agent.clients.text import sentence

SPARE = 300.0
"""A token is renewed this many seconds before it ends."""
TIMEOUTS = {"connection_timeout": 10, "read_timeout": 30, "retry_total": 2}
WRONG_SECRET = ("AADSTS7000215", "AADSTS7000222", "AADSTS700027")
"""What Entra says of a secret or certificate that is wrong or has ended."""


def reason(said: str) -> str:
    """Return in one sentence why no token came: what Entra answered by its code, else what the SDK begins with."""
    return sentence(said[max(0, said.find("AADSTS")):])


def sign_in(authority: str, tenant: str, known: Collection[str], application: Application = NOBODY) -> Any:
    """Return the credential of the scope's application; without one, what the environment offers.

    The environment in this order: secret or certificate, workload identity, managed identity, developers'
    tools. An authority that is not `known` is asked as it is.
    """
    verify = {"connection_verify": bundle()} if bundle() else {}
    common: dict[str, Any] = {
        "authority": authority, "disable_instance_discovery": authority.rstrip("/") not in known, **TIMEOUTS, **verify,
    }
    if application.certificate:
        return CertificateCredential(tenant, application.client_id, application.certificate, **common)
    if secret := application.secret():
        return ClientSecretCredential(tenant, application.client_id, secret, **common)
    named = {"managed_identity_client_id": application.client_id, "workload_identity_client_id": application.client_id,
             "exclude_environment_credential": True} if application.client_id else {}
    return DefaultAzureCredential(
        additionally_allowed_tenants=[tenant] if tenant else [],
        exclude_shared_token_cache_credential=True,
        exclude_visual_studio_code_credential=True,
        **named,
        **common,
    )


@dataclass(slots=True)
class Tokens:
    """The tokens of one scope, one an audience, renewed before they end; safe to use from many threads."""

    make: Callable[[], Any]
    audience: str
    tenant: str = ""
    _made: Any = None
    _held: dict[str, AccessToken] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def token(self, claims: str = "", audience: str = "") -> str:
        """Return a token that is valid now; raises `AzureError` where nobody gives one."""
        wanted = audience or self.audience
        with self._lock:
            held = self._held.get(wanted)
            if claims or held is None or held.expires_on - time.time() < SPARE:
                self._made = self._made or self.make()
                asked = {name: value for name, value in (("claims", claims), ("tenant_id", self.tenant)) if value}
                held = self._held[wanted] = self._made.get_token(wanted, **asked)
            return str(held.token)

    def drop(self, refused: str) -> None:
        """Forget a token that was refused, and whatever azure-identity keeps of it."""
        with self._lock:
            for audience, held in list(self._held.items()):
                if held.token == refused:
                    del self._held[audience]
                    self._made = None


def claims_of(token: str) -> dict[str, Any]:
    """Return what a token says of its bearer, {} where it is sealed; nothing is decided by it but names."""
    parts = token.split(".")
    try:
        found = orjson.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (IndexError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
