"""What an IAM policy document says: whether it allows or denies, on what, under conditions, and with what power."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

POWERS = (
    "iam:addusertogroup", "iam:attachgrouppolicy", "iam:attachrolepolicy", "iam:attachuserpolicy",
    "iam:createaccesskey", "iam:createloginprofile", "iam:createpolicyversion", "iam:deleterolepermissionsboundary",
    "iam:deleteuserpermissionsboundary", "iam:putgrouppolicy", "iam:putrolepolicy", "iam:putuserpolicy",
    "iam:setdefaultpolicyversion", "iam:updateassumerolepolicy", "iam:updateloginprofile",
    "organizations:attachpolicy", "organizations:detachpolicy", "sso:createaccountassignment",
    "sso:putinlinepolicytopermissionset", "sso:attachmanagedpolicytopermissionset",
)
"""Actions with which one gives rights to oneself or to others."""
WIDE = re.compile(r"((user|role|group|policy)/)?\*+")
PRIVILEGED = (
    "`privileged` is a policy that lets somebody give rights (iam:*, attaching and writing policies, keys and "
    "passwords of others, assignments) on all resources, or that allows everything but what it names."
)
"""The sentence that a header says of it."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A policy document in brief; None is what cannot be read from it."""

    effect: str | None = None
    privileged: bool | None = None
    conditional: bool | None = None
    resource: str | None = None


UNREAD = Judged()


def judged(document: Any) -> Judged:
    """Return what a decoded policy document says; `UNREAD` of one that is no document."""
    if not isinstance(document, Mapping):
        return UNREAD
    statements = list(statements_of(document))
    allowing = [one for one in statements if one.get("Effect") == "Allow"]
    powerful = [one for one in allowing if _powerful(one)]
    telling = powerful or allowing or statements
    return Judged(
        effect="allow" if allowing else "deny" if statements else None,
        privileged=bool(powerful),
        conditional=all(one.get("Condition") for one in telling) if telling else None,
        resource=", ".join(dict.fromkeys(_resources(telling))) or None,
    )


def together(several: Iterable[Judged]) -> Judged:
    """Return what several policies come to for whoever holds them all."""
    found = [one for one in several if one.effect != "deny"]
    powers = {one.privileged for one in found}
    privileged = True if True in powers else None if None in powers else False
    telling = [one.conditional for one in found if one.privileged is privileged and one.conditional is not None]
    return Judged("allow", privileged, all(telling) if telling else None)


def statements_of(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the statements, of which a document may have one bare."""
    yield from (one for one in listed(document.get("Statement")) if isinstance(one, Mapping))


def listed(value: Any) -> list[Any]:
    """Return what IAM writes as one or as a list."""
    return value if isinstance(value, list) else [] if value is None else [value]


def _powerful(statement: Mapping[str, Any]) -> bool:
    if not _wide(statement):
        return False
    if "NotAction" in statement:
        return True
    actions = [str(one).lower() for one in listed(statement.get("Action"))]
    return any(fnmatch.fnmatchcase(power, action) for action in actions for power in POWERS)


def _wide(statement: Mapping[str, Any]) -> bool:
    if "NotResource" in statement:
        return True
    return any(WIDE.fullmatch(str(one).split(":", 5)[-1]) for one in listed(statement.get("Resource")))


def _resources(statements: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for statement in statements:
        yield from (str(one) for one in listed(statement.get("Resource")))
        yield from (f"all but {one}" for one in listed(statement.get("NotResource")))
