"""Members, roles and conditions of IAM bindings."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime

from collectors.gcp._times import instant

TYPES = {
    "user": "user", "group": "group", "serviceAccount": "service", "domain": "domain", "principal": "federated",
    "principalSet": "federated", "projectOwner": "role", "projectEditor": "role", "projectViewer": "role",
}
PUBLIC = ("allUsers", "allAuthenticatedUsers")
STRONG = re.compile(
    r"roles/(owner|editor|.*admin|.*Admin|iam\.(securityAdmin|serviceAccount(User|TokenCreator|KeyAdmin)|"
    r"workloadIdentityUser)|.*\.setIamPolicy)"
)
"""Predefined roles that hold or lend power over others."""
UNTIL = re.compile(r"request\.time\s*<=?\s*timestamp\(\s*['\"]([^'\"]+)['\"]\s*\)")


def who(member: str) -> tuple[str, str]:
    """Return the name and the type of a member such as `user:ada@example.com`."""
    bare = member.removeprefix("deleted:")
    kind, _, name = bare.partition(":")
    told = "public" if member in PUBLIC else "deleted" if bare != member else TYPES.get(kind, kind)
    return name.partition("?uid=")[0] or bare, told


def strong(role: str) -> bool | None:
    """Return whether a role holds power over others, None of a custom one, whose permissions are not read."""
    return bool(STRONG.fullmatch(role)) if role.startswith("roles/") else None


def until(expression: str) -> datetime | None:
    """Return the end of a grant whose condition names one."""
    found = UNTIL.search(expression)
    return instant(found[1]) if found else None


def mark(expression: str) -> str:
    """Return what tells grants apart that differ by their condition alone."""
    return f"#{hashlib.sha256(expression.encode()).hexdigest()[:12]}" if expression else ""
