"""Who may do what: every role assignment that reaches into a subscription."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from agent.clients.azure import Azure
from agent.collector import Api, Header, Record, Run
from agent.model import Grant

ASSIGNMENTS = "authorization.role_assignments.list_for_subscription"
DEFINITIONS = "authorization.role_definitions.list"
HEADER = Header(
    id="azure.role_assignments",
    title="Role assignments",
    kind="grant",
    population="Every role assignment on a subscription, on what is in it, and on what is above it, one record each.",
    provider="azure",
    per="member",
    calls=(
        Api(ASSIGNMENTS, ("Microsoft.Authorization/roleAssignments/read",)),
        Api(DEFINITIONS, ("Microsoft.Authorization/roleDefinitions/read",)),
    ),
    limits=(
        "A principal is an object id: names and the members of groups are in Microsoft Entra.",
        "An assignment that privileged identity management activates is among them only while it is active.",
        "Deny assignments, and rights within a database or cluster, are not read.",
        "What is assigned above a subscription is told again for each subscription below it.",
    ),
)
POWER = re.compile(
    r"\*|\*/(write|action)|microsoft\.authorization/(\*|roleassignments/(\*|write)|\*/write)|"
    r"microsoft\.authorization/elevateaccess/action",
    re.IGNORECASE,
)
"""Actions that hold power over everything, or give it to others."""
GIVES = "microsoft.authorization/roleassignments/write"


def collect(run: Run[Azure]) -> Iterator[Record]:
    """Yield one grant per assignment, with the definition of its role."""
    roles = {
        _key(role["id"]): role
        for role in run.client.read(DEFINITIONS, scope=f"subscriptions/{run.client.subscription}")
    }
    for assignment in run.client.population(ASSIGNMENTS):
        said = assignment.get("properties") or {}
        role = roles.get(_key(said.get("roleDefinitionId") or ""))
        raw = [{"operation": ASSIGNMENTS, "item": assignment}, {"operation": DEFINITIONS, "item": role}]
        yield Record(_row(assignment["id"], said, role), raw)


def _row(identifier: str, said: dict[str, Any], role: dict[str, Any] | None) -> Grant:
    known = (role or {}).get("properties") or {}
    return Grant(
        identifier,
        principal=said.get("principalId"),
        principal_type=_word(said.get("principalType")),
        role=known.get("roleName") or said.get("roleDefinitionId"),
        resource=said.get("scope"),
        effect="allow",
        privileged=_privileged(known) if known else None,
        conditional=bool(said.get("condition")),
    )


def _key(identifier: str) -> str:
    """Return the GUID of a role definition: what stands before it differs by where it is asked for."""
    return identifier.rpartition("/")[2].lower()


def _word(kind: str | None) -> str | None:
    """Return `user`, `group`, `service`, or what else Azure says, in lower case."""
    return "service" if kind == "ServicePrincipal" else kind.lower() if kind else None


def _privileged(role: dict[str, Any]) -> bool:
    actions = [action for one in role.get("permissions") or () for action in one.get("actions") or ()]
    return any(powerful(action) for action in actions)


def powerful(action: str) -> bool:
    """Return whether an action, or a pattern of actions, holds power over everything or gives it to others."""
    return bool(POWER.fullmatch(action)) or fnmatchcase(GIVES, action.lower())
