"""IAM Identity Center: its instances, each with the client of its own region, and the names in its directory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Run

INSTANCES = Api("sso-admin.list_instances", ("sso:ListInstances",))
USERS = Api("identitystore.list_users", ("identitystore:ListUsers",))
GROUPS = Api("identitystore.list_groups", ("identitystore:ListGroups",))
ONE = (
    "An instance of Identity Center that a member account made for itself is seen in that account alone, and not here."
)


def instances(run: Run[Aws]) -> Iterator[tuple[Aws, dict[str, Any]]]:
    """Yield the instances that the account sees, with a client where each is at home; none is an answer, and noted."""
    found = list(run.client.read(INSTANCES.call, key="Instances", RegionScope="ALL_REGIONS"))
    if not found:
        run.note("IAM Identity Center is not enabled: the account sees no instance of it")
    for instance in found:
        region = instance.get("PrimaryRegion")
        yield (run.client.at(region) if region else run.client), instance


def names(client: Aws, store: str) -> dict[str, str]:
    """Return the names of users and groups by their ids; {} for the half that may not be read."""

    def users(_: str) -> dict[str, str]:
        found = client.read(USERS.call, key="Users", IdentityStoreId=store)
        return {one["UserId"]: one.get("UserName") or one["UserId"] for one in found}

    def groups(_: str) -> dict[str, str]:
        found = client.read(GROUPS.call, key="Groups", IdentityStoreId=store)
        return {one["GroupId"]: one.get("DisplayName") or one["GroupId"] for one in found}

    halves = {"users": users, "groups": groups}
    read = client.each(halves, lambda half: halves[half](half), unread={})
    return {key: name for _, half in read for key, name in half.items()}
