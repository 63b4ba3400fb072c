"""The least privilege of a set of collectors in Azure: one custom role, from headers alone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Any

from agent.collector import Header

TITLE = "annexa"
NEEDED = ("Microsoft.Management/managementGroups/descendants/read", "Microsoft.Resources/subscriptions/read")
"""What the client itself asks: the subscriptions of the scope."""
ROOT = "/providers/Microsoft.Management/managementGroups/ROOT-MANAGEMENT-GROUP"
"""Stands for the root management group, whose id is that of the tenant."""


def actions(headers: Iterable[Header]) -> list[str]:
    """Return the actions that the collectors of Azure need, sorted; what a wider one allows is left out."""
    found = {one for header in headers if header.provider == "azure" for one in header.permissions} | set(NEEDED)
    wide = [one for one in found if "*" in one]
    covered = {one for one in found for other in wide if one != other and fnmatchcase(one.lower(), other.lower())}
    return sorted(found - covered)


def assignable(*, group: str, subscriptions: Sequence[str], tenant: str) -> list[str]:
    """Return where the role can be assigned: the subscriptions named, the management group, or the root."""
    if subscriptions and not group:
        return [f"/subscriptions/{one}" for one in subscriptions]
    above = group or (tenant if "." not in tenant else "")
    return [f"/providers/Microsoft.Management/managementGroups/{above}" if above else ROOT]


def role(headers: Iterable[Header], scopes: Sequence[str] = (ROOT,)) -> str:
    """Return a custom role as `az role definition create --role-definition @FILE` takes it."""
    said: dict[str, Any] = {
        "Name": TITLE, "IsCustom": True, "Description": "What annexa may read",
        "Actions": actions(headers), "NotActions": [], "DataActions": [], "NotDataActions": [],
        "AssignableScopes": list(scopes),
    }
    return json.dumps(said, indent=2) + "\n"


def terraform(headers: Iterable[Header], scopes: Sequence[str] = (ROOT,)) -> str:
    """Return Terraform with the custom role, assigned to the identity that reads."""
    listed = json.dumps(actions(headers), indent=6).replace("\n]", "\n    ]")
    return _TERRAFORM.replace("ACTIONS", listed).replace("SCOPE", scopes[0]).replace("TITLE", TITLE)


_TERRAFORM = """variable "principal_id" {
  type        = string
  description = "The object id of the application's service principal or managed identity that reads"
}

resource "azurerm_role_definition" "annexa" {
  name        = "TITLE"
  scope       = "SCOPE"
  description = "What annexa may read"

  permissions {
    actions = ACTIONS
  }

  assignable_scopes = ["SCOPE"]
}

resource "azurerm_role_assignment" "annexa" {
  scope              = "SCOPE"
  role_definition_id = azurerm_role_definition.annexa.role_definition_resource_id
  principal_id       = var.principal_id
}
"""
