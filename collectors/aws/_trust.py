"""Whom a policy that names principals names (a role's trust policy, a resource's own), and under what conditions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from collectors.aws._policy import listed, statements_of

FAMILIES = {"Service": "service", "Federated": "federated", "CanonicalUser": "canonical user"}


class Trusted(NamedTuple):
    """One principal that a policy allows or denies."""

    effect: str
    principal: str
    type: str
    conditional: bool


def trusted(document: Any) -> list[Trusted]:
    """Return each principal once an effect; it is conditional if every statement that names it is."""
    found: dict[tuple[str, str], Trusted] = {}
    for one in _named(document) if isinstance(document, Mapping) else ():
        before = found.get((one.effect, one.principal))
        found[one.effect, one.principal] = one if before is None or not one.conditional else before
    return list(found.values())


def open_to_all(policy: str) -> bool:
    """Return whether a policy, as text, lets everyone in, or everyone but some, under no condition at all."""
    named = trusted(json.loads(policy))
    return any(one.effect == "allow" and one.type == "anyone" and not one.conditional for one in named)


def _named(document: Mapping[str, Any]) -> Iterator[Trusted]:
    for statement in statements_of(document):
        effect, conditional = str(statement.get("Effect", "")).lower(), bool(statement.get("Condition"))
        for family, name in _pairs(statement.get("Principal")):
            yield Trusted(effect, name, FAMILIES.get(family) or _type(name), conditional)
        for _, name in _pairs(statement.get("NotPrincipal")):
            yield Trusted(effect, f"everyone but {name}", "anyone", conditional)


def _pairs(said: Any) -> Iterator[tuple[str, str]]:
    """Yield family and name: of `"*"`, of `{"AWS": "arn"}` and of `{"Service": ["a", "b"]}`."""
    families = said if isinstance(said, Mapping) else {"AWS": said}
    for family, names in families.items():
        yield from ((str(family), str(name)) for name in listed(names))


def _type(name: str) -> str:
    """Return what a principal of AWS is; IAM shows one that was deleted since by its bare id."""
    if name == "*":
        return "anyone"
    if re.fullmatch(r"\d{12}", name) or name.endswith(":root"):
        return "account"
    if not name.startswith("arn:"):
        return "deleted"
    kind = name.split(":", 5)[-1].split("/", 1)[0]
    return {"assumed-role": "session"}.get(kind, kind)
