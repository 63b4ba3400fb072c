"""People and guests of the tenant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.entra import Graph, moment
from agent.collector import Api, Header, Record, Run
from agent.model import Account

HEADER = Header(
    id="entra.users",
    title="Users and guests",
    kind="account",
    population="Every user of the tenant, members and guests, enabled or not.",
    provider="entra",
    per="boundary",
    calls=(Api("users", ("User.Read.All",)),),
    limits=(
        "When somebody last signed in is in `entra.user_activity`, which needs a premium licence.",
        "Who manages somebody is not read: an account has no column for it.",
        "A member can be a robot's account as well as a person's: Graph does not tell them apart.",
    ),
)

SELECT = [
    "id", "userPrincipalName", "displayName", "mail", "userType", "accountEnabled", "createdDateTime", "employeeId",
    "employeeType", "employeeHireDate", "employeeLeaveDateTime", "department", "companyName", "creationType",
    "externalUserState", "onPremisesSyncEnabled", "lastPasswordChangeDateTime", "passwordPolicies",
]


def collect(run: Run[Graph]) -> Iterator[Record]:
    """Yield one account per user."""
    for user in run.client.population("users", select=SELECT, top=999):
        yield Record(row(user), user)


def row(user: dict[str, Any]) -> Account:
    """Return the account of a user; its password is told where Graph says when it was set."""
    changed = moment(user.get("lastPasswordChangeDateTime"))
    password = {"type": "password", "created_at": changed, "last_used_at": None, "active": True}
    return Account(
        user["id"],
        principal=user.get("userPrincipalName"),
        type="guest" if str(user.get("userType")).lower() == "guest" else "human",
        enabled=user.get("accountEnabled"),
        created_at=moment(user.get("createdDateTime")),
        credentials=[password] if changed else None,
    )
