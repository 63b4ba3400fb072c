"""What belongs to a scope: the subscriptions of a tenant, of a management group, or those named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from agent.clients.azure.client import AzureClient
from agent.clients.azure.scope import AzureScope
from agent.clients.failure import CallError
from agent.clients.text import plain
from agent.clients.witness import Witness
from agent.collector import Api, Header
from agent.errors import FatalError
from agent.model import Lacking

SUBSCRIPTIONS = "resource.subscriptions.list"
DESCENDANTS = "managementgroups.management_groups.get_descendants"
READ = "Microsoft.Resources/subscriptions/read"
HEADER = Header(
    id="azure.expansion", title="Expansion", kind="asset", provider="azure", per="boundary",
    population="Every subscription of a scope.",
    calls=(Api(SUBSCRIPTIONS, (READ,)), Api(DESCENDANTS, ("Microsoft.Management/managementGroups/descendants/read",))),
)
"""What the client itself asks before any collector does."""
GONE = "Deleted"


@dataclass(slots=True)
class Found:
    """The subscriptions of a scope, what could not be listed, and which were passed over."""

    subscriptions: list[dict[str, Any]] = field(default_factory=list)
    lacking: list[Lacking] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    foreign: bool = False
    """Whether subscriptions of other tenants were passed over, which Resource Graph would search as well."""


def subscriptions(open_: Callable[[Witness], AzureClient], scope: AzureScope, tenant: str) -> Found:
    """Return the subscriptions of a scope; raises `FatalError` where they cannot be read, or there is none."""
    try:
        seen = {_id(one): one for one in open_(Witness(HEADER)).read(SUBSCRIPTIONS)}
        wanted = _wanted(open_, scope, seen)
    except CallError as error:
        raise FatalError(error.message, advice=error.advice) from None
    found = Found()
    for identifier in wanted:
        _sort_in(found, identifier, seen.get(identifier), tenant, named=bool(scope.subscriptions))
    if not found.subscriptions:
        raise FatalError(
            "no subscription can be read",
            advice="Assign the identity a role that reads there (annexa collectors policy prints one)",
        )
    return found


def _wanted(open_: Callable[[Witness], AzureClient], scope: AzureScope, seen: dict[str, Any]) -> list[str]:
    """Return the ids that the scope means, in order."""
    if scope.management_group:
        below = open_(Witness(HEADER)).read(DESCENDANTS, groupId=scope.management_group)
        in_group = {str(one["name"]).lower() for one in below if str(one.get("type", "")).endswith("/subscriptions")}
        return sorted(in_group)
    return sorted(one.lower() for one in scope.subscriptions) if scope.subscriptions else sorted(seen)


def _sort_in(found: Found, identifier: str, one: dict[str, Any] | None, tenant: str, *, named: bool) -> None:
    if one is None:
        detail = f"subscription {identifier} is not among those that the identity may see"
        found.lacking.append(Lacking(SUBSCRIPTIONS, "denied", detail, READ))
    elif one.get("state") == GONE:
        found.notes.append(f"subscription {identifier} is deleted")
    elif not named and tenant and str(one.get("tenantId") or tenant).lower() != tenant:
        found.foreign = True
        found.notes.append(f"subscription {identifier} belongs to tenant {plain(one.get('tenantId'))}: passed over")
    else:
        if one.get("state") not in (None, "Enabled"):
            found.notes.append(f"subscription {identifier} is {plain(one.get('state')).lower()}")
        found.subscriptions.append(one)


def _id(one: dict[str, Any]) -> str:
    return str(one["subscriptionId"]).lower()
