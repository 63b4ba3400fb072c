"""Who holds which role of the directory: it can be read without a premium licence."""

from __future__ import annotations

from collections.abc import Iterator

from agent.clients.entra import Graph
from agent.collector import Api, Header, Record, Run
from agent.model import Grant
from collectors.entra._people import kind_of, somebody
from collectors.entra._roles import LIMIT, privileged, resource

ASSIGNMENTS = "role_management.directory.role_assignments"
ROLES = "role_management.directory.role_definitions"
NEEDS = ("RoleManagement.Read.Directory",)

HEADER = Header(
    id="entra.directory_roles",
    title="Assignments of directory roles",
    kind="grant",
    population="Every role of the directory that is assigned now, with whoever holds it.",
    provider="entra",
    per="boundary",
    calls=(Api(ASSIGNMENTS, NEEDS), Api(ROLES, NEEDS)),
    limits=(
        LIMIT,
        "Roles that may be activated, and when an assignment ends, are known to privileged identity management alone.",
        "The members of a group that holds a role are not among them.",
    ),
)


def collect(run: Run[Graph]) -> Iterator[Record]:
    """Yield one grant per assignment."""
    roles = {one["id"]: one for one in run.client.read(ROLES)}
    for held in run.client.population(ASSIGNMENTS, expand=["principal"]):
        role, principal = roles.get(held.get("roleDefinitionId") or "", {}), held.get("principal") or {}
        row = Grant(
            held["id"],
            principal=somebody(principal) or held.get("principalId"),
            principal_type=kind_of(principal),
            role=role.get("displayName") or held.get("roleDefinitionId"),
            resource=resource(held.get("directoryScopeId")),
            effect="allow",
            privileged=privileged(role),
        )
        yield Record(row, [{"operation": ASSIGNMENTS, "item": held}, {"operation": ROLES, "item": role}])
