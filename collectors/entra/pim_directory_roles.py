"""Roles of the directory under privileged identity management: assigned, activated, and eligible."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.entra import Graph, moment
from agent.collector import Api, Header, Record, Run
from agent.model import Grant
from collectors.entra._people import kind_of, somebody
from collectors.entra._roles import LIMIT, privileged, resource

ASSIGNED = "role_management.directory.role_assignment_schedule_instances"
ELIGIBLE = "role_management.directory.role_eligibility_schedule_instances"

HEADER = Header(
    id="entra.pim_directory_roles",
    title="Directory roles under privileged identity management",
    kind="grant",
    population="Every role of the directory that somebody holds now, for good or activated for a time, and every "
    "role that somebody may activate.",
    provider="entra",
    per="boundary",
    calls=(
        Api(ASSIGNED, ("RoleAssignmentSchedule.Read.Directory",)),
        Api(ELIGIBLE, ("RoleEligibilitySchedule.Read.Directory",)),
    ),
    limits=(
        "The tenant needs Microsoft Entra ID P2 or Governance; `entra.directory_roles` works without.",
        LIMIT,
        "Roles held through a group are told of the group's members where PIM manages it.",
    ),
)


def collect(run: Run[Graph]) -> Iterator[Record]:
    """Yield one grant per role that is held, then one per role that may be activated."""
    for call, eligible in ((ASSIGNED, False), (ELIGIBLE, True)):
        for held in run.client.population(call, expand=["principal", "roleDefinition"]):
            yield Record(_row(held, eligible=eligible), held)


def _row(held: dict[str, Any], *, eligible: bool) -> Grant:
    role, principal = held.get("roleDefinition") or {}, held.get("principal") or {}
    how = "Eligible" if eligible else held.get("assignmentType")
    member = held.get("memberType")
    return Grant(
        held["id"],
        principal=somebody(principal) or held.get("principalId"),
        principal_type=kind_of(principal),
        role=role.get("displayName") or held.get("roleDefinitionId"),
        resource=resource(held.get("directoryScopeId") or held.get("appScopeId")),
        effect="allow",
        via=", ".join(filter(None, (how, member if member != "Direct" else None))) or None,
        privileged=privileged(role),
        expires_at=moment(held.get("endDateTime")),
        conditional=eligible,
    )
