"""When each user last signed in."""

from __future__ import annotations

from collections.abc import Iterator

from agent.clients.entra import Graph, moment
from agent.collector import Api, Header, Record, Run
from agent.model import Account

HEADER = Header(
    id="entra.user_activity",
    title="Last sign-in of each user",
    kind="account",
    population="Every user of the tenant, members and guests, with the newest sign-in that Entra knows of.",
    provider="entra",
    per="boundary",
    calls=(Api("users", ("User.Read.All", "AuditLog.Read.All")),),
    limits=(
        "The tenant needs Microsoft Entra ID P1; without it the run says that the data is not available.",
        "Sign-ins before April 2020 are not known, and one of today may show a day later.",
    ),
)

SELECT = ["id", "userPrincipalName", "userType", "accountEnabled", "createdDateTime", "signInActivity"]
TIMES = ("lastSignInDateTime", "lastNonInteractiveSignInDateTime", "lastSuccessfulSignInDateTime")


def collect(run: Run[Graph]) -> Iterator[Record]:
    """Yield one account per user; whoever never signed in has no `last_used_at`."""
    for user in run.client.population("users", select=SELECT, top=500):
        activity = user.get("signInActivity") or {}
        seen = [at for at in (moment(activity.get(name)) for name in TIMES) if at is not None]
        row = Account(
            user["id"],
            principal=user.get("userPrincipalName"),
            type="guest" if str(user.get("userType")).lower() == "guest" else "human",
            enabled=user.get("accountEnabled"),
            created_at=moment(user.get("createdDateTime")),
            last_used_at=max(seen, default=None),
        )
        yield Record(row, user)
