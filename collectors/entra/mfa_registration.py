"""Which authentication methods each user has registered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.entra import Graph
from agent.collector import Api, Header, Record, Run
from agent.model import Account

CALL = "reports.authentication_methods.user_registration_details"

HEADER = Header(
    id="entra.mfa_registration",
    title="Registered authentication methods",
    kind="account",
    population="Every enabled user of the tenant, with the authentication methods that are registered.",
    provider="entra",
    per="boundary",
    calls=(Api(CALL, ("AuditLog.Read.All",)),),
    limits=(
        "The report leaves disabled users out, can be a day old, and needs Microsoft Entra ID P1.",
        "Registered is not enforced: whether a second factor is asked for is decided by conditional access.",
    ),
)


def collect(run: Run[Graph]) -> Iterator[Record]:
    """Yield one account per user."""
    for user in run.client.population(CALL):
        yield Record(_row(user), user)


def _row(user: dict[str, Any]) -> Account:
    methods = user.get("methodsRegistered")
    return Account(
        user["id"],
        principal=user.get("userPrincipalName"),
        type="guest" if str(user.get("userType")).lower() == "guest" else "human",
        privileged=user.get("isAdmin"),
        mfa=user.get("isMfaRegistered"),
        enabled=True,
        credentials=None if methods is None else [
            {"type": method, "created_at": None, "last_used_at": None, "active": True} for method in methods
        ],
    )
