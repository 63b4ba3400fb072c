"""Service accounts with the keys that people made for them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from agent.clients.gcp import Gcp
from agent.collector import Api, Header, Record, Run
from agent.model import Account
from collectors.gcp._times import instant

HEADER = Header(
    id="gcp.service_accounts",
    title="Service accounts and their keys",
    kind="account",
    population="Every service account of the project, disabled ones included, with the keys that people made for it.",
    provider="gcp",
    per="member",
    calls=(
        Api("iam.projects.serviceAccounts.list", ("iam.serviceAccounts.list",)),
        Api(
            "iam.projects.serviceAccounts.keys.list",
            ("iam.serviceAccountKeys.list",),
            answers={"NOT_FOUND": "the account was deleted while it was read"},
        ),
    ),
    limits=(
        "Accounts that Google makes and runs itself (service agents) are not among them.",
        "When an account or a key was last used is not told here, nor when an account was made.",
        "Keys that Google renews by itself are left out.",
    ),
)


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one account per service account."""

    def keys(account: dict[str, Any]) -> dict[str, Any] | None:
        return run.client.ask(
            "iam.projects.serviceAccounts.keys.list", name=account["name"], keyTypes="USER_MANAGED"
        )

    accounts = run.client.population(
        "iam.projects.serviceAccounts.list", key="accounts", name=run.client.parent, pageSize=100,
    )
    for account, answer in run.client.each(accounts, keys):
        if answer is None:
            run.skip("deleted while it was read")
            continue
        raw = [
            {"operation": "iam.projects.serviceAccounts.list", "item": account},
            {"operation": "iam.projects.serviceAccounts.keys.list", "item": answer},
        ]
        yield Record(_row(account, answer.get("keys") or [], run.started), raw)


def _row(account: dict[str, Any], keys: list[dict[str, Any]], now: datetime) -> Account:
    return Account(
        f"//iam.googleapis.com/{account['name']}",
        principal=account["email"],
        type="service",
        enabled=not account.get("disabled", False),
        credentials=[_key(key, now) for key in sorted(keys, key=lambda one: str(one["name"]))],
    )


def _key(key: dict[str, Any], now: datetime) -> dict[str, Any]:
    until = instant(key.get("validBeforeTime"))
    return {
        "type": "access_key",
        "created_at": instant(key.get("validAfterTime")),
        "last_used_at": None,
        "active": not key.get("disabled", False) and (until is None or until > now),
    }
