"""A scope of Entra: the tenant it holds, who reads it, and the client for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from azure.core.exceptions import AzureError

from agent.clients.deadline import Deadline
from agent.clients.entra import answers, calls
from agent.clients.entra.client import EntraClient
from agent.clients.entra.credentials import Tokens
from agent.clients.entra.failures import CAUGHT
from agent.clients.entra.probe import SECONDS, Probed, probe
from agent.clients.entra.scope import EntraScope
from agent.clients.entra.throttle import Throttle
from agent.clients.entra.wire import Wire
from agent.clients.expansion import Expansion
from agent.clients.microsoft.tokens import WRONG_SECRET, claims_of, reason
from agent.clients.text import plain
from agent.clients.throttle import SHARED
from agent.clients.witness import Witness
from agent.collector import Header
from agent.errors import FatalError
from agent.model import Boundary


@dataclass(slots=True)
class EntraProvider:
    """One scope of the configuration; `wire` is given by tests and benches."""

    scope: EntraScope
    wire: Wire | None = None
    _who: str = ""
    _probed: dict[tuple[str, tuple[str, ...]], list[Probed]] = field(default_factory=dict)

    @property
    def _wire(self) -> Wire:
        if self.wire is None:
            budget = f"{self.scope.tenant} {self.scope.endpoint}".strip()
            self.wire = Wire(self.scope, Tokens(self.scope), SHARED.of("entra", budget, Throttle))
        return self.wire

    def expand(self) -> Expansion:
        """Return the tenant; raises `AnnexaError` where no token is given or Graph cannot be reached."""
        tenant = self._signed_in()
        name = self._name()
        return Expansion((Boundary(self.scope.name, "entra", tenant, name or self.scope.tenant, organization=True),))

    def open(self, boundary: Boundary, region: str, witness: Witness, deadline: Deadline) -> EntraClient:
        """Return the client for the tenant; raises `FatalError` where no token is given."""
        del region  # a tenant has none
        self._signed_in()
        return EntraClient(self._wire, boundary.id, witness, deadline)

    def identity(self, boundary: Boundary) -> str:
        """Return the application that reads, '' until it asked for a token."""
        del boundary  # one application reads the one tenant
        return self._who

    def clock(self) -> datetime | None:
        """Return what time it is at Graph, None until it was asked for something."""
        return self._wire.clock()

    def probe(self, header: Header, boundary: Boundary, region: str) -> list[Probed]:
        """Try each call that a collector declares, in its cheapest form and once for all, and say what is allowed."""
        del region  # a tenant has none
        for api in header.calls:
            if (api.call, api.permissions) not in self._probed:
                self._probed[api.call, api.permissions] = probe(api, self._wire, boundary.id)
        return [one for api in header.calls for one in self._probed[api.call, api.permissions]]

    def _signed_in(self) -> str:
        """Return the tenant's GUID; raises `FatalError` where no token is given, or it is of another tenant."""
        try:
            claims = claims_of(self._wire.tokens.token())
        except (AzureError, ValueError) as error:
            raise self._nobody(error) from None
        self._who = f"application {claims.get('appid') or claims.get('azp') or 'unknown'}"
        tenant, named = str(claims.get("tid") or self.scope.tenant), self.scope.tenant
        if "." not in named and tenant.lower() != named.lower():
            raise FatalError(
                f"the token is of tenant {plain(tenant)}, not of {named}",
                advice="Correct 'tenant', or give the credentials of an application of that tenant",
            )
        return tenant.lower()

    def _name(self) -> str:
        """Return the tenant's name, '' where we may not know; raises `FatalError` where Graph cannot be reached."""
        try:
            request = calls.request(self._wire.root(), "organization", (), {"select": ["id", "displayName"]})
            page: dict[str, Any] = answers.read(self._wire.exchange(request, Deadline.after(SECONDS)))
            return next((plain(one.get("displayName") or "") for one in answers.items(page)), "")
        except (answers.RefusedError, answers.BrokenError):
            return ""
        except CAUGHT as error:
            raise FatalError(
                f"Microsoft Graph cannot be reached ({plain(error)})",
                advice="Check the way to it; annexa doctor tries it",
            ) from None

    def _nobody(self, error: Exception) -> FatalError:
        said = str(getattr(error, "message", "") or error)
        advice = "Set AZURE_TENANT_ID, AZURE_CLIENT_ID and a secret or certificate, or attach an identity"
        if any(code in said for code in WRONG_SECRET):
            advice = "Its secret or certificate is wrong or has ended: give the application a new one"
        return FatalError(f"no token for Microsoft Graph ({reason(said)})", advice=advice)
