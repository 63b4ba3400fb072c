"""Who somebody is, as Graph's identity sets and directory objects say it."""

from __future__ import annotations

from typing import Any

NOBODY = "00000000-0000-0000-0000-000000000000"
"""What Graph puts where no one did it."""


def somebody(identity: dict[str, Any] | None) -> str | None:
    """Return the sign-in name of an identity, else its name or id; None where it is nobody."""
    found = identity or {}
    if found.get("id") == NOBODY:
        return None
    return next((found[key] for key in ("userPrincipalName", "displayName", "id") if found.get(key)), None)


TYPES = {"user": "user", "group": "group", "serviceprincipal": "service_principal"}


def kind_of(item: dict[str, Any]) -> str | None:
    """Return user, group or service_principal, as the annotation of a directory object says; None without one."""
    name = str(item.get("@odata.type") or "").rpartition(".")[2]
    return TYPES.get(name.lower(), name or None)
