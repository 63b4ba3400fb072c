"""Roles of Azure: how two ids of one are compared, and whether one holds power over everything."""

from __future__ import annotations

from typing import Any

from agent.clients.azure import Azure
from agent.collector import Api, Run
from collectors.azure.role_assignments import DEFINITIONS, powerful

ROLES = Api(DEFINITIONS, ("Microsoft.Authorization/roleDefinitions/read",))


def known(run: Run[Azure], scope: str) -> dict[str, dict[str, Any]]:
    """Return the roles that can be given in a scope, by `key`."""
    return {key(role["id"]): role for role in run.client.read(DEFINITIONS, scope=scope)}


def key(identifier: str | None) -> str:
    """Return the GUID of a role: what stands before it differs by where it is asked for."""
    return (identifier or "").rpartition("/")[2].lower()


def privileged(role: dict[str, Any] | None) -> bool | None:
    """Return whether a role can do everything or give rights to others; None where it is not known."""
    if role is None:
        return None
    said = (role.get("properties") or {}).get("permissions") or ()
    return any(powerful(action) for one in said for action in one.get("actions") or ())
