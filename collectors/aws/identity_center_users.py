"""People in IAM Identity Center's directory, whether they are enabled, and which groups they are in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import Account
from collectors.aws._center import GROUPS, INSTANCES, ONE, USERS, instances

MEMBERS = "identitystore.list_group_memberships"
HEADER = Header(
    id="aws.identity_center_users",
    title="People in IAM Identity Center",
    kind="account",
    population="Every user of IAM Identity Center's directory, disabled ones included, with the groups they are in.",
    provider="aws",
    per="organization",
    calls=(INSTANCES, USERS, GROUPS, Api(MEMBERS, ("identitystore:ListGroupMemberships",))),
    limits=(
        "Identity Center tells neither a person's second factor nor the last sign-in: both are null.",
        "Where the directory is filled by another provider, a person whom that provider blocked may still be listed.",
        ONE,
    ),
)


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one account per user."""
    for client, instance in instances(run):
        store = instance["IdentityStoreId"]
        groups = _groups(client, store)
        for user in client.population(USERS.call, key="Users", IdentityStoreId=store):
            of = None if groups is None else sorted(groups.get(user["UserId"], []))
            raw = [{"operation": USERS.call, "item": user}, {"operation": MEMBERS, "item": of}]
            yield Record(_row(user, of), raw)


def _groups(client: Aws, store: str) -> dict[str, list[str]] | None:
    """Return the groups of each user; None where the members of even one may not be read."""

    def members(group: dict[str, Any]) -> list[str] | None:
        found = client.read(MEMBERS, key="GroupMemberships", IdentityStoreId=store, GroupId=group["GroupId"])
        return [one["MemberId"]["UserId"] for one in found if "UserId" in one["MemberId"]]

    held: dict[str, list[str]] = defaultdict(list)
    whole = True
    listed = client.read(GROUPS.call, key="Groups", IdentityStoreId=store)
    for group, people in client.each(listed, members, unread=None):
        whole = whole and people is not None
        for person in people or ():
            held[person].append(f"group:{group.get('DisplayName') or group['GroupId']}")
    return held if whole else None


def _row(user: dict[str, Any], groups: list[str] | None) -> Account:
    status = user.get("UserStatus")
    return Account(
        user["UserId"],
        principal=user.get("UserName"),
        type="human",
        enabled=None if status is None else status == "ENABLED",
        created_at=user.get("CreatedAt"),
        entitlements=groups,
    )
