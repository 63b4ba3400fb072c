"""The least privilege of a set of collectors in Microsoft Graph: application permissions, from headers alone."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from agent.collector import Header

GRAPH = "00000003-0000-0000-c000-000000000000"
"""The application id of Microsoft Graph, the same in every tenant."""


@functools.cache
def app_roles() -> dict[str, str]:
    """Return the id of every read-only application permission of Graph, by its name."""
    lines = (Path(__file__).parent / "app_roles.csv").read_text(encoding="utf-8").splitlines()
    rows = (line.partition(",") for line in lines if line and not line.startswith(("#", "permission,")))
    return {name: identifier for name, _, identifier in rows}


def permissions(headers: Iterable[Header]) -> list[str]:
    """Return the application permissions that the collectors of Entra need, sorted, once each."""
    return sorted({one for header in headers if header.provider == "entra" for one in header.permissions})


def manifest(headers: Iterable[Header]) -> list[dict[str, Any]]:
    """Return `requiredResourceAccess` of an application registration that may only read this."""
    known = app_roles()
    roles = [{"id": known[one], "type": "Role"} for one in permissions(headers)]
    return [{"resourceAppId": GRAPH, "resourceAccess": roles}]


def document(headers: Iterable[Header]) -> str:
    """Return the permissions by name and the manifest beside them, as JSON."""
    found = list(headers)
    return json.dumps(
        {"permissions": permissions(found), "requiredResourceAccess": manifest(found)}, indent=2
    ) + "\n"


def terraform(headers: Iterable[Header]) -> str:
    """Return Terraform with an application that has these permissions; an administrator consents to it."""
    known = app_roles()
    roles = "\n".join(
        f'    resource_access {{\n      id   = "{known[one]}" # {one}\n      type = "Role"\n    }}'
        for one in permissions(headers)
    )
    return (
        'resource "azuread_application" "annexa" {\n  display_name = "annexa"\n\n  required_resource_access {\n'
        f'    resource_app_id = "{GRAPH}" # Microsoft Graph\n\n{roles}\n  }}\n}}\n'
    )
