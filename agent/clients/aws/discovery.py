"""What belongs to a scope: the accounts of an organization and the regions of an account."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from agent.clients.aws.failures import CAUGHT, Place, plain, translate
from agent.clients.aws.scope import AwsScope
from agent.collector import Api
from agent.errors import FatalError
from agent.model import Lacking

ENABLED = ("ENABLED", "ENABLED_BY_DEFAULT")
LIST_ACCOUNTS = Api("organizations.list_accounts", ("organizations:ListAccounts",))


class RegionsUnknownError(Exception):
    """Neither way to list the enabled regions of an account is open."""


@dataclass(frozen=True, slots=True)
class Member:
    """One account of the scope."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Members:
    """The accounts to read, what is lacking, and which were passed over."""

    members: list[Member]
    lacking: tuple[Lacking, ...]
    notes: tuple[str, ...]


def members(organizations: Any, scope: AwsScope) -> Members:
    """Return the active accounts of the organization, named ones only where the scope names some."""
    try:
        pages = list(organizations.get_paginator("list_accounts").paginate())
    except CAUGHT as error:
        failure = translate(error, Place(LIST_ACCOUNTS, f"scope {scope.name}", ""))
        raise FatalError(failure.message, advice=failure.advice) from None
    listed = [account for page in pages for account in page["Accounts"]]
    chosen = [
        account for account in listed
        if account["Id"] not in scope.exclude and (not scope.accounts or account["Id"] in scope.accounts)
    ]
    unknown = sorted(set(scope.accounts) - {account["Id"] for account in listed})
    return Members(
        [Member(one["Id"], plain(one.get("Name", ""))) for one in chosen if _status(one) == "ACTIVE"],
        tuple(Lacking(f"account {one}", "failed", "named, and not in the organization") for one in unknown),
        tuple(f"account {one['Id']} is {_status(one).lower()}" for one in chosen if _status(one) != "ACTIVE"),
    )


def _status(account: dict[str, Any]) -> str:
    return str(account.get("State") or account.get("Status") or "ACTIVE")


def regions(client: Callable[[str], Any]) -> tuple[str, ...]:
    """Return the enabled regions of an account, by EC2 or else by the account service."""
    try:
        answer = client("ec2").describe_regions(AllRegions=False)
        return tuple(sorted(region["RegionName"] for region in answer["Regions"]))
    except CAUGHT as first:
        try:
            pages = client("account").get_paginator("list_regions").paginate(RegionOptStatusContains=list(ENABLED))
            return tuple(sorted(region["RegionName"] for page in pages for region in page["Regions"]))
        except CAUGHT:
            raise RegionsUnknownError(plain(first)) from None
