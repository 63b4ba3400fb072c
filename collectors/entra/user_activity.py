"""When each user last signed in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

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
        "Of sign-ins since December 2023 only those that succeeded count; of older ones Entra does not say.",
    ),
)

SELECT = ["id", "userPrincipalName", "userType", "accountEnabled", "createdDateTime", "signInActivity"]
SUCCEEDED = "lastSuccessfulSignInDateTime"
TRIED = ("lastSignInDateTime", "lastNonInteractiveSignInDateTime")
TOLD = datetime(2023, 12, 1, tzinfo=UTC)
"""Since when Entra keeps the last success; whoever guesses at a password also leaves a last attempt.

https://learn.microsoft.com/graph/api/resources/signinactivity
"""


def collect(run: Run[Graph]) -> Iterator[Record]:
    """Yield one account per user; whoever never signed in has no `last_used_at`."""
    for user in run.client.population("users", select=SELECT, top=500):
        row = Account(
            user["id"],
            principal=user.get("userPrincipalName"),
            type="guest" if str(user.get("userType")).lower() == "guest" else "human",
            enabled=user.get("accountEnabled"),
            created_at=moment(user.get("createdDateTime")),
            last_used_at=_last(user.get("signInActivity") or {}),
        )
        yield Record(row, user)


def _last(activity: dict[str, Any]) -> datetime | None:
    """Return the newest sign-in that succeeded, or that was before Entra told which did."""
    tried = (moment(activity.get(name)) for name in TRIED)
    old = [at for at in tried if at is not None and at < TOLD]
    return moment(activity.get(SUCCEEDED)) or max(old, default=None)
