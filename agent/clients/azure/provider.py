"""A scope of Azure: which subscriptions it holds, who reads them, and the client for each."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from azure.core.exceptions import AzureError

from agent.clients.azure.client import AzureClient
from agent.clients.azure.discovery import subscriptions
from agent.clients.azure.places import Tokens
from agent.clients.azure.probe import SECONDS, Holdings, Probed, holdings, probe, witness
from agent.clients.azure.scope import GROUPS, TENANTS, AzureScope
from agent.clients.azure.throttle import Throttle
from agent.clients.azure.wire import Wire
from agent.clients.deadline import Deadline
from agent.clients.expansion import Expansion
from agent.clients.microsoft.tokens import WRONG_SECRET, claims_of, reason
from agent.clients.text import plain
from agent.clients.throttle import SHARED
from agent.clients.witness import Witness
from agent.collector import Header
from agent.errors import FatalError
from agent.model import Boundary

EXPANSION_SECONDS = 900.0


@dataclass(slots=True)
class AzureProvider:
    """One scope of the configuration; `wire` is given by tests and benches."""

    scope: AzureScope
    wire: Wire | None = None
    _who: str = ""
    _chosen: tuple[str, ...] = ()
    _holdings: dict[str, Holdings] = field(default_factory=dict)

    @property
    def _wire(self) -> Wire:
        if self.wire is None:
            budget = f"{self.scope.tenant} {self.scope.endpoint}".strip()
            self.wire = Wire(self.scope, Tokens(self.scope), SHARED.of("azure", budget, Throttle))
        return self.wire

    def expand(self) -> Expansion:
        """Return the subscriptions, and above them the tenant or management group; raises `AnnexaError`.

        What is read once for all is read there. A scope that names a single subscription is that alone.
        """
        tenant, deadline = self._signed_in(), Deadline.after(EXPANSION_SECONDS)
        found = subscriptions(
            lambda witness: AzureClient(self._wire, f"{TENANTS}{tenant}", witness, deadline), self.scope, tenant
        )
        if found.foreign:
            self._chosen = tuple(str(one["subscriptionId"]).lower() for one in found.subscriptions)
        alone = len(self.scope.subscriptions) == 1
        boundaries = [self._subscription(one, alone=alone) for one in found.subscriptions]
        if not alone:
            boundaries.insert(0, self._top(tenant))
        return Expansion(tuple(boundaries), tuple(found.lacking), tuple(found.notes))

    def _top(self, tenant: str) -> Boundary:
        group = self.scope.management_group
        above = f"{GROUPS}{group}" if group else f"{TENANTS}{tenant}"
        return Boundary(self.scope.name, "azure", above, group or self.scope.tenant or tenant, organization=True)

    def _subscription(self, one: dict[str, Any], *, alone: bool) -> Boundary:
        name = plain(one.get("displayName") or "")
        return Boundary(self.scope.name, "azure", str(one["subscriptionId"]).lower(), name, organization=alone)

    def open(self, boundary: Boundary, region: str, witness: Witness, deadline: Deadline) -> AzureClient:
        """Return the client for one boundary; raises `FatalError` where no token is given."""
        del region  # the lists of Azure span all regions
        self._signed_in()
        return AzureClient(self._wire, boundary.id, witness, deadline, self._searched)

    def identity(self, boundary: Boundary) -> str:
        """Return the application or user that reads, '' until it asked for a token."""
        del boundary  # one identity reads everywhere
        return self._who

    def clock(self) -> datetime | None:
        """Return what time it is at Azure, None until it was asked for something."""
        return self._wire.clock()

    def probe(self, header: Header, boundary: Boundary, region: str) -> list[Probed]:
        """Try each call that a collector declares, in its cheapest form, and say what is allowed."""
        del region  # the lists of Azure span all regions

        def held() -> Holdings:
            return self._held(boundary)

        return [one for api in header.calls for one in probe(api, self._wire, boundary.id, held)]

    def _held(self, boundary: Boundary) -> Holdings:
        """Return what the identity holds in a boundary, asked once."""
        if boundary.id not in self._holdings:
            self._holdings[boundary.id] = holdings(self.open(boundary, "", witness(), Deadline.after(SECONDS)))
        return self._holdings[boundary.id]

    @property
    def _searched(self) -> tuple[str, ...]:
        """Return what Resource Graph searches from a tenant: () for all that may be seen, which may be too much."""
        return self.scope.subscriptions or self._chosen

    def _signed_in(self) -> str:
        """Return the tenant's GUID; raises `FatalError` where no token is given, or it is of another tenant."""
        try:
            claims = claims_of(self._wire.tokens.token())
        except (AzureError, ValueError) as error:
            raise self._nobody(error) from None
        self._who = _named(claims)
        tenant, named = str(claims.get("tid") or self.scope.tenant), self.scope.tenant
        if named and "." not in named and tenant.lower() != named.lower():
            raise FatalError(
                f"the token is of tenant {plain(tenant)}, not of {named}",
                advice="Correct 'tenant', or give the credentials of an identity of that tenant",
            )
        return tenant.lower()

    def _nobody(self, error: Exception) -> FatalError:
        said = str(getattr(error, "message", "") or error)
        advice = "Set AZURE_TENANT_ID, AZURE_CLIENT_ID and a secret or certificate, or attach an identity"
        if any(code in said for code in WRONG_SECRET):
            advice = "Its secret or certificate is wrong or has ended: give the application a new one"
        return FatalError(f"no token for Azure ({reason(said)})", advice=advice)


def _named(claims: dict[str, Any]) -> str:
    """Return who a token says that it is: an application, or the person behind the Azure CLI."""
    if person := claims.get("upn") or claims.get("unique_name"):
        return f"user {plain(person)}"
    return f"application {plain(claims.get('appid') or claims.get('azp') or 'unknown')}"
