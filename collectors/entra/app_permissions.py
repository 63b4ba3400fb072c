"""What applications may do, by whose consent, and who was given which role of an application."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.entra import Graph
from agent.collector import Api, Header, Record, Run
from agent.model import Grant
from collectors.entra._people import TYPES
from collectors.entra._permissions import LIMIT, privileged

PRINCIPALS = "service_principals"
ASSIGNED = "service_principals.item.app_role_assigned_to"
CONSENTS = "oauth2_permission_grants"
NO_ROLE = "00000000-0000-0000-0000-000000000000"
"""The role of an application that has none: access to it, and nothing more."""

HEADER = Header(
    id="entra.app_permissions",
    title="Permissions of applications",
    kind="grant",
    population="Every role of an application that an application, a group or a user holds, and every consent by "
    "which an application acts for one user or for all.",
    provider="entra",
    per="boundary",
    calls=(
        Api(PRINCIPALS, ("Application.Read.All",)),
        Api(ASSIGNED, ("Application.Read.All",), answers={"Request_ResourceNotFound": "it is gone meanwhile"}),
        Api(CONSENTS, ("Directory.Read.All",)),
    ),
    cadence="P7D",
    limits=(
        LIMIT,
        "Graph opens the list of consents to readers of the whole directory alone.",
        "Permissions that a resource defines outside of the directory are not among them.",
    ),
)
SELECT = ["id", "appId", "displayName", "appRoles"]


def collect(run: Run[Graph]) -> Iterator[Record]:
    """Yield one grant per role that is held, then one per consent."""
    names: dict[str, str] = {}
    roles: dict[tuple[str, str], str | None] = {}
    for one in run.client.read(PRINCIPALS, select=SELECT, top=999):
        names[one["id"]] = one.get("displayName") or one.get("appId") or one["id"]
        roles |= {(one["id"], role["id"]): role.get("value") or role.get("displayName")
                  for role in one.get("appRoles") or ()}
    for _, held in run.client.lists(ASSIGNED, names, lambda one: (one,), lambda _: {"top": 999}, population=True):
        for assignment in held:
            yield Record(_assigned(assignment, roles), assignment)
    for consent in run.client.population(CONSENTS, top=999):
        yield Record(_consented(consent, names), consent)


def _assigned(held: dict[str, Any], roles: dict[tuple[str, str], str | None]) -> Grant:
    asked = held.get("appRoleId") or ""
    role = "default access" if asked == NO_ROLE else roles.get((held.get("resourceId") or "", asked))
    kind = str(held.get("principalType") or "")
    application = kind.lower() == "serviceprincipal"
    return Grant(
        held["id"],
        principal=held.get("principalDisplayName") or held.get("principalId"),
        principal_type=TYPES.get(kind.lower(), kind or None),
        role=role or held.get("appRoleId"),
        resource=held.get("resourceDisplayName") or held.get("resourceId"),
        effect="allow",
        via="application permission" if application else "assignment",
        privileged=(privileged([role]) if role else None) if application else False,
        conditional=False,
    )


def _consented(consent: dict[str, Any], names: dict[str, str]) -> Grant:
    scopes = sorted((consent.get("scope") or "").split())
    everybody = consent.get("consentType") == "AllPrincipals"
    return Grant(
        consent["id"],
        principal=names.get(consent.get("clientId") or "", consent.get("clientId")),
        principal_type="service_principal",
        role=" ".join(scopes) or None,
        resource=names.get(consent.get("resourceId") or "", consent.get("resourceId")),
        effect="allow",
        via="consent for everybody" if everybody else f"consent of user {consent.get('principalId')}",
        privileged=privileged(scopes),
        conditional=False,
    )
