"""Roles of Azure under privileged identity management: assigned, activated, and eligible."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.azure import Azure, moment
from agent.collector import Api, Header, Record, Run
from agent.model import Grant
from collectors.azure._roles import ROLES, key, known, privileged

ASSIGNED = "authorization.role_assignment_schedule_instances.list_for_scope"
ELIGIBLE = "authorization.role_eligibility_schedule_instances.list_for_scope"
HEADER = Header(
    id="azure.pim_resource_roles",
    title="Azure's roles under privileged identity management",
    kind="grant",
    population="Every role that somebody holds now on the subscription, on what is in it or above it, for good or "
    "activated for a time, and every role that somebody may activate there.",
    provider="azure",
    per="member",
    calls=(
        Api(ASSIGNED, ("Microsoft.Authorization/roleAssignmentScheduleInstances/read",)),
        Api(ELIGIBLE, ("Microsoft.Authorization/roleEligibilityScheduleInstances/read",)),
        ROLES,
    ),
    limits=(
        "The tenant needs Microsoft Entra ID P2 or Governance; azure.role_assignments works without.",
        "`via` says how it is held: Assigned, Activated or Eligible, and through what if not directly.",
        "The members of a group are in Microsoft Entra.",
        "What is given above a subscription is told again for each subscription below it.",
    ),
)


def collect(run: Run[Azure]) -> Iterator[Record]:
    """Yield one grant per role that is held, then one per role that may be activated."""
    scope = f"subscriptions/{run.client.subscription}"
    roles = known(run, scope)
    for call, eligible in ((ASSIGNED, False), (ELIGIBLE, True)):
        for held in run.client.population(call, scope=scope):
            said = held.get("properties") or {}
            role = roles.get(key(said.get("roleDefinitionId")))
            raw = [{"operation": call, "item": held}, {"operation": ROLES.call, "item": role}]
            yield Record(_row(held["id"], said, role, eligible=eligible), raw)


def _row(identifier: str, said: dict[str, Any], role: dict[str, Any] | None, *, eligible: bool) -> Grant:
    more = said.get("expandedProperties") or {}
    who, named = more.get("principal") or {}, more.get("roleDefinition") or {}
    how, member = "Eligible" if eligible else said.get("assignmentType"), said.get("memberType")
    kind = said.get("principalType")
    return Grant(
        identifier,
        principal=who.get("email") or who.get("displayName") or said.get("principalId"),
        principal_type="service" if kind == "ServicePrincipal" else kind.lower() if kind else None,
        role=named.get("displayName") or said.get("roleDefinitionId"),
        resource=said.get("scope"),
        effect="allow",
        via=", ".join(filter(None, (how, member if member != "Direct" else None))) or None,
        privileged=privileged(role),
        expires_at=moment(said.get("endDateTime")),
        conditional=eligible or bool(said.get("condition")),
    )
